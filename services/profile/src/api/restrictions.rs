//! `RestrictionService`.

use chassis::paging::PageTokens;
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::restriction_service_server::RestrictionService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::Asked;
use crate::app::App;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::restriction::{Restriction, RestrictionId};
use crate::wire;

const LIST: &str = "patron.profile.v1.RestrictionService/ListRestrictions";

/// The server of `RestrictionService`.
#[derive(Clone, Debug)]
pub(crate) struct Restrictions {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl RestrictionService for Restrictions {
    async fn restrict_customer(
        &self,
        request: Request<proto::RestrictCustomerRequest>,
    ) -> Result<Response<proto::Restriction>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let customer =
            wire::customer_id("customer_id", &request.customer_id).map_err(Refusal::from)?;
        let ground =
            wire::restrictions::ground("ground", request.ground()).map_err(Refusal::from)?;
        self.app
            .restrict(&caller, deadline, &request, (customer, ground))
            .await
    }

    async fn lift_restriction(
        &self,
        request: Request<proto::LiftRestrictionRequest>,
    ) -> Result<Response<proto::Restriction>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let customer =
            wire::customer_id("customer_id", &request.customer_id).map_err(Refusal::from)?;
        let id = Uuid::try_parse(&request.restriction_id)
            .map_err(|_| Refusal::from(Invalid::new("restriction_id", Problem::Missing)))?;
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        self.app
            .lift_restriction(&caller, deadline, &request, (customer, RestrictionId(id)))
            .await
    }

    async fn list_restrictions(
        &self,
        request: Request<proto::ListRestrictionsRequest>,
    ) -> Result<Response<proto::ListRestrictionsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = Asked {
            method: LIST,
            customer_id: &request.customer_id,
            page_size: request.page_size,
            page_token: &request.page_token,
        };
        let page = asked.by_id(&self.pages)?;
        let last = RestrictionId(page.last.unwrap_or(Uuid::max()));
        let place = (page.customer, last);
        let (page, restricted) = self.app.restrictions(deadline, place, page.size).await?;
        let place = |restriction: &Restriction| restriction.id.0;
        let (restrictions, next_page_token) =
            asked.answer(&self.pages, page, place, wire::restrictions::encode)?;
        Ok(Response::new(proto::ListRestrictionsResponse {
            restrictions,
            next_page_token,
            restricted,
        }))
    }
}
