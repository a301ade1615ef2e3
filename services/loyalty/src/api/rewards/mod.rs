mod quotes;
mod refusals;

use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::reward_service_server::RewardService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Call, Loyalty, rewards};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.RewardService/ListRewards";
const LIST_ORDERS: &str = "patron.loyalty.v1.RewardService/ListRewardOrders";

/// Rewards, and what members have ordered.
pub(crate) struct Rewards {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl RewardService for Rewards {
    async fn list_rewards(
        &self,
        request: Request<contract::ListRewardsRequest>,
    ) -> Result<Response<contract::ListRewardsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST, &request.customer_id);
        let from = pages
            .start::<usize>(&request.page_token)?
            .unwrap_or_default();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = rewards::list(&self.loyalty, customer_id, from, size(request.page_size)).await;
        let page = page.map_err(refuse)?;
        let next = page.has_more.then(|| from + page.rows.len());
        Ok(Response::new(contract::ListRewardsResponse {
            offers: page.rows.iter().map(wire::rewards::offer).collect(),
            next_page_token: pages.next(next)?,
        }))
    }

    async fn get_reward(
        &self,
        request: Request<contract::GetRewardRequest>,
    ) -> Result<Response<contract::RewardOffer>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let offered = rewards::offered(&self.loyalty, customer_id, &request.reward_id).await;
        Ok(Response::new(wire::rewards::offer(
            &offered.map_err(refuse)?,
        )))
    }

    async fn quote_reward(
        &self,
        request: Request<contract::QuoteRewardRequest>,
    ) -> Result<Response<contract::RewardQuote>, Status> {
        let request = request.into_inner();
        let ask = wire::rewards::ask(&request)?;
        let priced = rewards::quote(&self.loyalty, &ask).await.map_err(refuse)?;
        let text = quotes::seal(&self.tokens, ask.customer_id, &ask.reward_id, &priced.quote)?;
        Ok(Response::new(wire::rewards::quote(&priced, text)))
    }

    async fn order_reward(
        &self,
        request: Request<contract::OrderRewardRequest>,
    ) -> Result<Response<contract::RewardOrder>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let quote = quotes::open(
            &self.tokens,
            customer_id,
            &request.reward_id,
            &request.quote,
        )?;
        rewards::order(&self.loyalty, &call, request, quote).await
    }

    async fn get_reward_order(
        &self,
        request: Request<contract::GetRewardOrderRequest>,
    ) -> Result<Response<contract::RewardOrder>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let order_id = wire::id(&request.reward_order_id, "reward_order_id")?;
        let found = rewards::one_order(&self.loyalty, customer_id, order_id).await;
        Ok(Response::new(wire::rewards::shown(&found.map_err(refuse)?)))
    }

    async fn list_reward_orders(
        &self,
        request: Request<contract::ListRewardOrdersRequest>,
    ) -> Result<Response<contract::ListRewardOrdersResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_ORDERS, &request.customer_id);
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = rewards::order_page(&self.loyalty, customer_id, before, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|shown| shown.order.reward_order_id))?;
        Ok(Response::new(contract::ListRewardOrdersResponse {
            reward_orders: page.rows.iter().map(wire::rewards::shown).collect(),
            next_page_token,
        }))
    }

    async fn confirm_reward_order(
        &self,
        request: Request<contract::ConfirmRewardOrderRequest>,
    ) -> Result<Response<contract::RewardOrder>, Status> {
        let call = Call::of(&request)?;
        rewards::confirm(&self.loyalty, &call, request.into_inner()).await
    }

    async fn cancel_reward_order(
        &self,
        request: Request<contract::CancelRewardOrderRequest>,
    ) -> Result<Response<contract::RewardOrder>, Status> {
        let call = Call::of(&request)?;
        rewards::cancel(&self.loyalty, &call, request.into_inner()).await
    }

    async fn return_reward_order(
        &self,
        request: Request<contract::ReturnRewardOrderRequest>,
    ) -> Result<Response<contract::RewardOrder>, Status> {
        let call = Call::of(&request)?;
        rewards::return_part(&self.loyalty, &call, request.into_inner()).await
    }

    async fn get_reward_stock(
        &self,
        request: Request<contract::GetRewardStockRequest>,
    ) -> Result<Response<contract::RewardStock>, Status> {
        let request = request.into_inner();
        let read = rewards::read_stock(&self.loyalty, &request.program_id, &request.reward_id);
        Ok(Response::new(wire::rewards::stock(
            &read.await.map_err(refuse)?,
        )))
    }

    async fn adjust_reward_stock(
        &self,
        request: Request<contract::AdjustRewardStockRequest>,
    ) -> Result<Response<contract::RewardStock>, Status> {
        let call = Call::of(&request)?;
        rewards::adjust_stock(&self.loyalty, &call, request.into_inner()).await
    }
}

impl Rewards {
    fn list<'a>(&'a self, method: &'static str, customer_id: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of: customer_id,
            filter: "",
        }
    }
}
