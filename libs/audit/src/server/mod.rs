//! The record, for those who look into it.

mod list;
mod verify;

use std::sync::Arc;

use ::contract::patron::audit::v1::audit_service_server::AuditService;
use ::contract::patron::audit::v1::{
    ListAuditEntriesRequest, ListAuditEntriesResponse, VerifyAuditEntriesRequest,
    VerifyAuditEntriesResponse,
};
use ::contract::patron::r#type::v1::ErrorReason;
use async_trait::async_trait;
use chassis::Refusal;
use chassis::paging::PageTokens;
use postgres::{Database, DatabaseError};
use seal::Keyring;
use tonic::{Code, Request, Response, Status};

/// Serves `AuditService` for one role. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuditServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: &'static str,
    db: Database,
    keyring: Keyring,
    tokens: PageTokens,
}

impl AuditServer {
    /// For the role of this name, whose record stands in `db`, under keys that this keyring opens.
    pub fn new(
        service: &'static str,
        (db, keyring): (Database, Keyring),
        tokens: PageTokens,
    ) -> Self {
        Self(Arc::new(Inner {
            service,
            db,
            keyring,
            tokens,
        }))
    }
}

#[async_trait]
impl AuditService for AuditServer {
    async fn list_audit_entries(
        &self,
        request: Request<ListAuditEntriesRequest>,
    ) -> Result<Response<ListAuditEntriesResponse>, Status> {
        let request = request.into_inner();
        self.0.check_service(&request.service)?;
        Ok(Response::new(list::page(&self.0, &request).await?))
    }

    async fn verify_audit_entries(
        &self,
        request: Request<VerifyAuditEntriesRequest>,
    ) -> Result<Response<VerifyAuditEntriesResponse>, Status> {
        let request = request.into_inner();
        self.0.check_service(&request.service)?;
        Ok(Response::new(verify::part(&self.0, &request).await?))
    }
}

impl Inner {
    /// Each role serves its own record; the gateway finds the role by this name.
    fn check_service(&self, named: &str) -> Result<(), Refusal> {
        if named.is_empty() || named == self.service {
            return Ok(());
        }
        let message = "the call has come to another service than the one that it names";
        Err(
            Refusal::new(Code::InvalidArgument, ErrorReason::ServiceUnknown, message)
                .metadata("service", self.service)
                .field("service", "must be the service that is called"),
        )
    }
}

fn invalid(field: &str, description: &str) -> Refusal {
    let message = "the request breaks the contract";
    Refusal::new(Code::InvalidArgument, ErrorReason::InvalidArgument, message)
        .field(field, description)
}

/// How a caller learns of trouble with the database.
#[track_caller]
fn refuse(error: impl Into<DatabaseError>) -> Refusal {
    let error = error.into();
    if error.is_unavailable() || error.is_timeout() {
        tracing::warn!(%error, "the database can't do it now");
        let message = "the database can't do it now; try again";
        return Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message);
    }
    Refusal::internal(error)
}
