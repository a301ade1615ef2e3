mod refusals;

use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::tier_service_server::TierService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Call, Loyalty, tiers};
use crate::wire;

pub(super) use refusals::refused;

const LIST_CHANGES: &str = "patron.loyalty.v1.TierService/ListTierChanges";
const LIST_GIFTS: &str = "patron.loyalty.v1.TierService/ListTierGifts";

/// Where members stand on ladders.
pub(crate) struct Tiers {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl TierService for Tiers {
    async fn get_tier_progress(
        &self,
        request: Request<contract::GetTierProgressRequest>,
    ) -> Result<Response<contract::TierProgress>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let found = tiers::progress_on(&self.loyalty, customer_id, &request.ladder_id).await;
        Ok(Response::new(wire::tiers::progress(
            &found.map_err(refuse)?,
        )))
    }

    async fn list_tier_progress(
        &self,
        request: Request<contract::ListTierProgressRequest>,
    ) -> Result<Response<contract::ListTierProgressResponse>, Status> {
        let customer_id = wire::id(&request.get_ref().customer_id, "customer_id")?;
        let all = tiers::progress(&self.loyalty, customer_id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(contract::ListTierProgressResponse {
            tiers: all.iter().map(wire::tiers::progress).collect(),
        }))
    }

    async fn list_tier_changes(
        &self,
        request: Request<contract::ListTierChangesRequest>,
    ) -> Result<Response<contract::ListTierChangesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_CHANGES, &request.customer_id);
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = tiers::changes(&self.loyalty, customer_id, before, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|row| row.change_id))?;
        Ok(Response::new(contract::ListTierChangesResponse {
            changes: page.rows.into_iter().map(wire::tiers::change).collect(),
            next_page_token,
        }))
    }

    async fn give_tier(
        &self,
        request: Request<contract::GiveTierRequest>,
    ) -> Result<Response<contract::TierGift>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let giving = wire::tiers::giving(&request)?;
        tiers::give(&self.loyalty, &call, request, giving).await
    }

    async fn withdraw_tier_gift(
        &self,
        request: Request<contract::WithdrawTierGiftRequest>,
    ) -> Result<Response<contract::TierGift>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let gift_id = wire::id(&request.gift_id, "gift_id")?;
        tiers::withdraw(&self.loyalty, &call, request, (customer_id, gift_id)).await
    }

    async fn list_tier_gifts(
        &self,
        request: Request<contract::ListTierGiftsRequest>,
    ) -> Result<Response<contract::ListTierGiftsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_GIFTS, &request.customer_id);
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = tiers::gifts(&self.loyalty, customer_id, before, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|row| row.gift.gift_id))?;
        let gifts = page
            .rows
            .iter()
            .map(|row| wire::tiers::gift(customer_id, row));
        Ok(Response::new(contract::ListTierGiftsResponse {
            gifts: gifts.collect(),
            next_page_token,
        }))
    }
}

impl Tiers {
    fn list<'a>(&'a self, method: &'static str, customer_id: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of: customer_id,
            filter: "",
        }
    }
}
