use chassis::Refusal;
use contract::ErrorReason;
use contract::explanation_service_server::ExplanationService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Code, Request, Response, Status};

use crate::app::Loyalty;
use crate::app::explanation::{
    ExplainError, explain_operation, explain_refusal, explain_tier_change,
};
use crate::wire::{self, explanation};

/// Why things are what they are.
pub(crate) struct Explanations(pub(crate) Loyalty);

#[tonic::async_trait]
impl ExplanationService for Explanations {
    async fn explain_operation(
        &self,
        request: Request<contract::ExplainOperationRequest>,
    ) -> Result<Response<contract::OperationExplanation>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let operation_id = wire::id(&request.operation_id, "operation_id")?;
        let explained = explain_operation(&self.0, customer_id, operation_id).await;
        let explained = explained.map_err(Refusal::from)?;
        Ok(Response::new(explanation::operation(
            customer_id,
            &explained,
        )))
    }

    async fn explain_tier_change(
        &self,
        request: Request<contract::ExplainTierChangeRequest>,
    ) -> Result<Response<contract::TierChangeExplanation>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let change_id = wire::id(&request.change_id, "change_id")?;
        let change = explain_tier_change(&self.0, customer_id, change_id).await;
        let change = change.map_err(Refusal::from)?;
        Ok(Response::new(explanation::tier_change(customer_id, change)))
    }

    async fn explain_refusal(
        &self,
        request: Request<contract::ExplainRefusalRequest>,
    ) -> Result<Response<contract::RefusalExplanation>, Status> {
        let own = chassis::caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let caller = if request.caller.is_empty() {
            own
        } else {
            request.caller
        };
        let request_id = wire::id(&request.request_id, "request_id")?;
        let explained = explain_refusal(&self.0, &caller, request_id).await;
        let explained = explained.map_err(Refusal::from)?;
        Ok(Response::new(explanation::refusal(
            &caller, request_id, explained,
        )))
    }
}

impl From<ExplainError> for Refusal {
    #[track_caller]
    fn from(error: ExplainError) -> Self {
        let not_found = |reason: ErrorReason| Self::new(Code::NotFound, reason, error.to_string());
        match error {
            ExplainError::OperationNotFound => not_found(ErrorReason::OperationNotFound),
            ExplainError::TierChangeNotFound => not_found(ErrorReason::TierChangeNotFound),
            ExplainError::RefusalNotFound => not_found(ErrorReason::RefusalNotFound),
            ExplainError::Keys(refusal) => refusal,
            ExplainError::App(error) => (*error).into(),
            ExplainError::Unreadable(_) => Self::internal(error),
        }
    }
}
