mod refusals;

use chassis::paging::PageTokens;
use contract::benefit_service_server::BenefitService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Call, Loyalty, benefits};
use crate::wire;

pub(super) use refusals::refused;

const LIST: &str = "patron.loyalty.v1.BenefitService/ListBenefitUses";

/// What members are entitled to besides points.
pub(crate) struct Benefits {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl BenefitService for Benefits {
    async fn check_entitlement(
        &self,
        request: Request<contract::CheckEntitlementRequest>,
    ) -> Result<Response<contract::Entitlement>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let entitled = benefits::entitled(&self.loyalty, customer_id, &request.benefit_id).await;
        let entitled = entitled.map_err(refuse)?;
        Ok(Response::new(wire::benefits::entitlement(&entitled)))
    }

    async fn list_entitlements(
        &self,
        request: Request<contract::ListEntitlementsRequest>,
    ) -> Result<Response<contract::ListEntitlementsResponse>, Status> {
        let customer_id = wire::id(&request.get_ref().customer_id, "customer_id")?;
        let all = benefits::entitlements(&self.loyalty, customer_id).await;
        let all = all.map_err(refuse)?;
        Ok(Response::new(contract::ListEntitlementsResponse {
            entitlements: all.iter().map(wire::benefits::entitlement).collect(),
        }))
    }

    async fn use_benefit(
        &self,
        request: Request<contract::UseBenefitRequest>,
    ) -> Result<Response<contract::BenefitUse>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let using = wire::benefits::using(&request)?;
        benefits::use_once(&self.loyalty, &call, request, using).await
    }

    async fn return_benefit_use(
        &self,
        request: Request<contract::ReturnBenefitUseRequest>,
    ) -> Result<Response<contract::BenefitUse>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let use_id = wire::id(&request.benefit_use_id, "benefit_use_id")?;
        benefits::take_back(&self.loyalty, &call, request, (customer_id, use_id)).await
    }

    async fn list_benefit_uses(
        &self,
        request: Request<contract::ListBenefitUsesRequest>,
    ) -> Result<Response<contract::ListBenefitUsesResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: "",
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = benefits::uses(&self.loyalty, customer_id, before, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|row| row.benefit_use_id))?;
        let uses = page
            .rows
            .iter()
            .map(|row| wire::benefits::used(customer_id, row));
        Ok(Response::new(contract::ListBenefitUsesResponse {
            uses: uses.collect(),
            next_page_token,
        }))
    }
}
