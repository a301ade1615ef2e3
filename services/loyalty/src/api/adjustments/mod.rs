mod refusals;

use chassis::paging::PageTokens;
use contract::adjustment_service_server::AdjustmentService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size_for, visible};
use super::refusals::refuse;
use crate::app::adjustments::Whose;
use crate::app::{Call, Loyalty, adjustments};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.AdjustmentService/ListAdjustments";

/// Corrections by hand.
pub(crate) struct Adjustments {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl AdjustmentService for Adjustments {
    async fn create_adjustment(
        &self,
        request: Request<contract::CreateAdjustmentRequest>,
    ) -> Result<Response<contract::Adjustment>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        if request.validate_only {
            let asking = wire::adjustments::asking(&request)?;
            let tried = adjustments::try_out(&self.loyalty, &call, &asking).await;
            return Ok(Response::new(tried.map_err(refuse)?));
        }
        adjustments::create(&self.loyalty, &call, request).await
    }

    async fn get_adjustment(
        &self,
        request: Request<contract::GetAdjustmentRequest>,
    ) -> Result<Response<contract::Adjustment>, Status> {
        let request = request.into_inner();
        let (customer_id, adjustment_id) =
            wire::adjustments::which(&request.customer_id, &request.adjustment_id)?;
        let found = adjustments::one(&self.loyalty, customer_id, adjustment_id).await;
        let found = found.map_err(refuse)?;
        Ok(Response::new(wire::adjustments::adjustment(
            &found,
            self.loyalty.now(),
        )))
    }

    async fn list_adjustments(
        &self,
        request: Request<contract::ListAdjustmentsRequest>,
    ) -> Result<Response<contract::ListAdjustmentsResponse>, Status> {
        let confined = chassis::confined(&request);
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: if request.pending_only { "pending" } else { "" },
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let whose = match (request.customer_id.as_str(), &confined) {
            ("", None) => Whose::Everybodys,
            ("", Some(confined)) => Whose::Within(confined.reach()),
            (named, _) => Whose::Member(wire::id(named, "customer_id")?),
        };
        let size = size_for(request.page_size, confined.as_ref());
        let from = (before, request.pending_only);
        let page = adjustments::page(&self.loyalty, whose, from, size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|one| one.adjustment_id))?;
        let rows = visible(confined.as_ref(), page.rows, |one| one.customer_id).await?;
        let now = self.loyalty.now();
        Ok(Response::new(contract::ListAdjustmentsResponse {
            adjustments: rows
                .iter()
                .map(|one| wire::adjustments::adjustment(one, now))
                .collect(),
            next_page_token,
        }))
    }

    async fn approve_adjustment(
        &self,
        request: Request<contract::ApproveAdjustmentRequest>,
    ) -> Result<Response<contract::Adjustment>, Status> {
        let call = Call::of(&request)?;
        adjustments::approve(&self.loyalty, &call, request.into_inner()).await
    }

    async fn reject_adjustment(
        &self,
        request: Request<contract::RejectAdjustmentRequest>,
    ) -> Result<Response<contract::Adjustment>, Status> {
        let call = Call::of(&request)?;
        adjustments::reject(&self.loyalty, &call, request.into_inner()).await
    }
}
