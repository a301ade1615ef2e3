mod refusals;

use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::referral_service_server::ReferralService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::referrals::{claim, code, read};
use crate::app::{Call, Loyalty};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.ReferralService/ListReferrals";

/// Members who bring others.
pub(crate) struct Referrals {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl ReferralService for Referrals {
    async fn get_referral_code(
        &self,
        request: Request<contract::GetReferralCodeRequest>,
    ) -> Result<Response<contract::ReferralCode>, Status> {
        let customer_id = wire::id(&request.get_ref().customer_id, "customer_id")?;
        let code = code::get(&self.loyalty, customer_id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(contract::ReferralCode {
            customer_id: customer_id.to_string(),
            code,
        }))
    }

    async fn claim_referral(
        &self,
        request: Request<contract::ClaimReferralRequest>,
    ) -> Result<Response<contract::Referral>, Status> {
        let call = Call::of(&request)?;
        claim::claim(&self.loyalty, &call, request.into_inner()).await
    }

    async fn get_referral(
        &self,
        request: Request<contract::GetReferralRequest>,
    ) -> Result<Response<contract::Referral>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let referral_id = wire::id(&request.referral_id, "referral_id")?;
        let found = read::referral(&self.loyalty, customer_id, referral_id).await;
        let found = found.map_err(refuse)?;
        let now = self.loyalty.now();
        Ok(Response::new(wire::referrals::referral(&found, now)))
    }

    async fn list_referrals(
        &self,
        request: Request<contract::ListReferralsRequest>,
    ) -> Result<Response<contract::ListReferralsResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: "",
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = read::page(&self.loyalty, customer_id, before, size(request.page_size)).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|referral| referral.referral_id))?;
        let now = self.loyalty.now();
        let referrals = page.rows.iter();
        Ok(Response::new(contract::ListReferralsResponse {
            referrals: referrals
                .map(|one| wire::referrals::referral(one, now))
                .collect(),
            next_page_token,
        }))
    }
}
