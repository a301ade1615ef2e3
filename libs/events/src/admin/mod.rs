//! Dead letters and cursors, for operators.

mod cursors;
mod letters;
mod replay;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chassis::paging::PageTokens;
use chassis::{Clock, Refusal};
use contract::patron::events::v1::event_admin_service_server::EventAdminService;
use contract::patron::events::v1::{
    ListConsumerCursorsRequest, ListConsumerCursorsResponse, ListDeadLettersRequest,
    ListDeadLettersResponse, ReplayDeadLettersRequest, ReplayDeadLettersResponse,
    RewindConsumerRequest, RewindConsumerResponse, SkipDeadLetterRequest, SkipDeadLetterResponse,
};
use contract::patron::r#type::v1::ErrorReason;
use postgres::{Database, DatabaseError};
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::Consumer;

/// Serves `EventAdminService` for one role as a consumer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AdminServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: String,
    db: Database,
    clock: Clock,
    tokens: PageTokens,
    consumers: BTreeMap<String, Consumer>,
}

impl AdminServer {
    /// For the role of this name, with its consumers, all of which work on `db`.
    pub fn new(
        service: impl Into<String>,
        db: Database,
        clock: Clock,
        tokens: PageTokens,
        consumers: impl IntoIterator<Item = Consumer>,
    ) -> Self {
        let by_source = |consumer: Consumer| (consumer.source().to_owned(), consumer);
        let consumers = consumers.into_iter().map(by_source).collect();
        Self(Arc::new(Inner {
            service: service.into(),
            db,
            clock,
            tokens,
            consumers,
        }))
    }
}

#[async_trait]
impl EventAdminService for AdminServer {
    async fn list_dead_letters(
        &self,
        request: Request<ListDeadLettersRequest>,
    ) -> Result<Response<ListDeadLettersResponse>, Status> {
        self.0.check_service(&request.get_ref().service)?;
        Ok(Response::new(
            letters::list(&self.0, request.get_ref()).await?,
        ))
    }

    async fn replay_dead_letters(
        &self,
        request: Request<ReplayDeadLettersRequest>,
    ) -> Result<Response<ReplayDeadLettersResponse>, Status> {
        self.0.check_service(&request.get_ref().service)?;
        let key = parking_key(&request.get_ref().parking_key)?;
        Ok(Response::new(replay::replay(&self.0, key).await?))
    }

    async fn skip_dead_letter(
        &self,
        request: Request<SkipDeadLetterRequest>,
    ) -> Result<Response<SkipDeadLetterResponse>, Status> {
        self.0.check_service(&request.get_ref().service)?;
        let by = chassis::caller(&request)?.id().to_owned();
        let SkipDeadLetterRequest {
            event_id, reason, ..
        } = request.into_inner();
        let event_id = Uuid::try_parse(&event_id).map_err(|_| not_an_id("event_id"))?;
        let remaining_count = letters::give_up(&self.0, event_id, &by, &reason).await?;
        Ok(Response::new(SkipDeadLetterResponse { remaining_count }))
    }

    async fn list_consumer_cursors(
        &self,
        request: Request<ListConsumerCursorsRequest>,
    ) -> Result<Response<ListConsumerCursorsResponse>, Status> {
        self.0.check_service(&request.get_ref().service)?;
        let cursors = cursors::list(&self.0).await?;
        Ok(Response::new(ListConsumerCursorsResponse { cursors }))
    }

    async fn rewind_consumer(
        &self,
        request: Request<RewindConsumerRequest>,
    ) -> Result<Response<RewindConsumerResponse>, Status> {
        let RewindConsumerRequest {
            service,
            source,
            since,
        } = request.into_inner();
        self.0.check_service(&service)?;
        let since = since.as_ref().and_then(contract::time::instant);
        let since = since.ok_or_else(|| invalid("since", "must be a time of this era"))?;
        let shard_count = cursors::rewind(&self.0, &source, since).await?;
        Ok(Response::new(RewindConsumerResponse { shard_count }))
    }
}

impl Inner {
    /// Each role serves its own letters; the gateway finds the role by this name.
    fn check_service(&self, named: &str) -> Result<(), Refusal> {
        if named.is_empty() || named == self.service {
            return Ok(());
        }
        let message = "the call has come to another service than the one that it names";
        Err(
            Refusal::new(Code::InvalidArgument, ErrorReason::ServiceUnknown, message)
                .metadata("service", self.service.as_str())
                .field("service", "must be the service that is called"),
        )
    }
}

fn parking_key(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| not_an_id("parking_key"))
}

fn not_an_id(field: &str) -> Refusal {
    invalid(field, "must be a UUID")
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
