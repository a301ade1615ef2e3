use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::verification_service_server::VerificationService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::Call;
use crate::app::verify::Verifications;
use crate::wire;

const LIST: &str = "patron.loyalty.v1.VerificationService/ListVerifications";

/// Verifications of the ledger.
pub(crate) struct VerificationsApi {
    pub(crate) verifications: Verifications,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl VerificationService for VerificationsApi {
    async fn create_verification(
        &self,
        request: Request<contract::CreateVerificationRequest>,
    ) -> Result<Response<contract::Verification>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        self.verifications
            .create(&call.caller, request, call.deadline)
            .await
    }

    async fn get_verification(
        &self,
        request: Request<contract::GetVerificationRequest>,
    ) -> Result<Response<contract::Verification>, Status> {
        let verification_id = wire::id(&request.get_ref().verification_id, "verification_id")?;
        let found = self
            .verifications
            .find(verification_id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(wire::verification(found)))
    }

    async fn list_verifications(
        &self,
        request: Request<contract::ListVerificationsRequest>,
    ) -> Result<Response<contract::ListVerificationsResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: "",
            filter: "",
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let page = self
            .verifications
            .list(before, size(request.page_size))
            .await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|row| row.verification_id))?;
        let verifications = page.rows.into_iter().map(wire::verification).collect();
        Ok(Response::new(contract::ListVerificationsResponse {
            verifications,
            next_page_token,
        }))
    }
}
