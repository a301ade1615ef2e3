mod refusals;

use chassis::paging::PageTokens;
use contract::household_service_server::HouseholdService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{AppError, Call, Loyalty, households};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.HouseholdService/ListHouseholds";

/// Members who share their points.
pub(crate) struct Households {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl HouseholdService for Households {
    async fn create_household(
        &self,
        request: Request<contract::CreateHouseholdRequest>,
    ) -> Result<Response<contract::Household>, Status> {
        let call = Call::of(&request)?;
        households::create(&self.loyalty, &call, request.into_inner()).await
    }

    async fn get_household(
        &self,
        request: Request<contract::GetHouseholdRequest>,
    ) -> Result<Response<contract::Household>, Status> {
        let request = request.into_inner();
        let household_id = wire::id(&request.household_id, "household_id")?;
        let shown = households::one(&self.loyalty, household_id).await;
        let shown = wire::households::household(&shown.map_err(refuse)?);
        Ok(Response::new(
            shown.map_err(AppError::from).map_err(refuse)?,
        ))
    }

    async fn list_households(
        &self,
        request: Request<contract::ListHouseholdsRequest>,
    ) -> Result<Response<contract::ListHouseholdsResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: "",
            filter: if request.include_dissolved { "all" } else { "" },
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let (all, size) = (request.include_dissolved, size(request.page_size));
        let page = households::page(&self.loyalty, before, all, size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|household| household.household_id))?;
        let now = self.loyalty.now();
        let rows = page.rows.iter();
        Ok(Response::new(contract::ListHouseholdsResponse {
            households: rows.map(|row| wire::households::listed(row, now)).collect(),
            next_page_token,
        }))
    }

    async fn invite_member(
        &self,
        request: Request<contract::InviteMemberRequest>,
    ) -> Result<Response<contract::Household>, Status> {
        let call = Call::of(&request)?;
        households::invite(&self.loyalty, &call, request.into_inner()).await
    }

    async fn accept_invitation(
        &self,
        request: Request<contract::AcceptInvitationRequest>,
    ) -> Result<Response<contract::Household>, Status> {
        let call = Call::of(&request)?;
        households::accept(&self.loyalty, &call, request.into_inner()).await
    }

    async fn leave_household(
        &self,
        request: Request<contract::LeaveHouseholdRequest>,
    ) -> Result<Response<contract::Household>, Status> {
        let call = Call::of(&request)?;
        households::leave(&self.loyalty, &call, request.into_inner()).await
    }

    async fn dissolve_household(
        &self,
        request: Request<contract::DissolveHouseholdRequest>,
    ) -> Result<Response<contract::Household>, Status> {
        let call = Call::of(&request)?;
        households::dissolve(&self.loyalty, &call, request.into_inner()).await
    }
}
