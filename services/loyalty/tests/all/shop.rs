//! A program with rewards and coupons, and a member who buys.

use chassis::Clock;
use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::coupon_service_client::CouponServiceClient;
use contract::patron::loyalty::v1::grant_service_client::GrantServiceClient;
use contract::patron::loyalty::v1::reward_service_client::RewardServiceClient;
use contract::patron::r#type::v1::Money;
use jiff::Timestamp;
use postgres::DatabaseConfig;
use testkit::{Bearer, Caller};
use tonic::{Request, Status};
use uuid::Uuid;

use api::coupon_template::Value;
use api::reward::Kind;

use crate::all::support::{Bench, make_plain};

/// The service with a program of our own, on a clock that stands still.
pub(crate) struct Shop {
    pub(crate) bench: Bench,
}

impl Shop {
    pub(crate) async fn open(edit: impl FnOnce(&mut api::ProgramDocument)) -> Self {
        Self::open_with(edit, |_| {}).await
    }

    pub(crate) async fn open_with(
        edit: impl FnOnce(&mut api::ProgramDocument),
        limit: impl FnOnce(&mut DatabaseConfig),
    ) -> Self {
        let now: Timestamp = "2026-03-05T08:00:00Z".parse().unwrap();
        let bench = Bench::start_at(Clock::manual(now), limit).await;
        let plain = |document: &mut api::ProgramDocument| {
            make_plain(document);
            edit(document);
        };
        bench.change_program(plain).await;
        Self { bench }
    }

    pub(crate) fn rewards(&self) -> RewardServiceClient<Caller> {
        RewardServiceClient::with_interceptor(self.bench.channel(), Bearer::of(&["operator"]))
    }

    pub(crate) fn coupons(&self) -> CouponServiceClient<Caller> {
        CouponServiceClient::with_interceptor(self.bench.channel(), Bearer::of(&["operator"]))
    }

    pub(crate) fn grants(&self) -> GrantServiceClient<Caller> {
        GrantServiceClient::with_interceptor(self.bench.channel(), Bearer::of(&["operator"]))
    }

    pub(crate) fn id(&self) -> String {
        self.bench.clock.new_id().to_string()
    }

    pub(crate) async fn available(&self, customer_id: Uuid) -> i64 {
        self.bench.balance(customer_id).await.unwrap().available
    }

    pub(crate) fn ordering(&self, customer_id: Uuid, reward_id: &str) -> api::OrderRewardRequest {
        api::OrderRewardRequest {
            customer_id: customer_id.to_string(),
            reward_id: reward_id.to_owned(),
            request_id: self.id(),
            ..api::OrderRewardRequest::default()
        }
    }

    pub(crate) async fn order(
        &self,
        request: api::OrderRewardRequest,
    ) -> Result<api::RewardOrder, Status> {
        let mut request = Request::new(request);
        request.set_timeout(std::time::Duration::from_secs(30));
        Ok(self.rewards().order_reward(request).await?.into_inner())
    }

    pub(crate) async fn give_back(
        &self,
        order: &api::RewardOrder,
        part: Option<api::return_reward_order_request::Part>,
    ) -> Result<api::RewardOrder, Status> {
        let request = api::ReturnRewardOrderRequest {
            customer_id: order.customer_id.clone(),
            reward_order_id: order.reward_order_id.clone(),
            part,
            request_id: self.id(),
        };
        Ok(self
            .rewards()
            .return_reward_order(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn stock(&self, reward_id: &str) -> api::RewardStock {
        let request = api::GetRewardStockRequest {
            program_id: "default".to_owned(),
            reward_id: reward_id.to_owned(),
        };
        self.rewards()
            .get_reward_stock(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Coupons for whoever has the code.
    pub(crate) async fn issue(&self, template_id: &str, count: i64) -> Vec<api::Coupon> {
        let batch = self.issuing(template_id, count);
        let batch = self
            .coupons()
            .issue_coupons(batch)
            .await
            .unwrap()
            .into_inner();
        let request = api::ListBatchCouponsRequest {
            batch_id: batch.batch_id,
            page_size: 500,
            page_token: String::new(),
        };
        self.coupons()
            .list_batch_coupons(request)
            .await
            .unwrap()
            .into_inner()
            .coupons
    }

    pub(crate) fn issuing(&self, template_id: &str, count: i64) -> api::IssueCouponsRequest {
        api::IssueCouponsRequest {
            program_id: "default".to_owned(),
            template_id: template_id.to_owned(),
            count,
            request_id: self.id(),
            ..api::IssueCouponsRequest::default()
        }
    }

    pub(crate) fn reserving(
        &self,
        customer_id: Uuid,
        codes: &[&str],
        lines: &[i64],
    ) -> api::ReserveCouponsRequest {
        api::ReserveCouponsRequest {
            customer_id: customer_id.to_string(),
            codes: codes.iter().map(ToString::to_string).collect(),
            basket: Some(basket(lines)),
            request_id: self.id(),
            ..api::ReserveCouponsRequest::default()
        }
    }

    pub(crate) async fn reserve(
        &self,
        request: api::ReserveCouponsRequest,
    ) -> Result<api::CouponReservation, Status> {
        Ok(self.coupons().reserve_coupons(request).await?.into_inner())
    }

    pub(crate) async fn use_coupons(
        &self,
        reservation: &api::CouponReservation,
        order_id: &str,
    ) -> Result<api::CouponReservation, Status> {
        let request = api::UseCouponsRequest {
            customer_id: reservation.customer_id.clone(),
            reservation_id: reservation.reservation_id.clone(),
            order_id: order_id.to_owned(),
            request_id: self.id(),
        };
        Ok(self.coupons().use_coupons(request).await?.into_inner())
    }

    pub(crate) async fn coupon(&self, code: &str) -> Result<api::Coupon, Status> {
        let code = code.to_owned();
        let request = api::GetCouponRequest { code };
        Ok(self.coupons().get_coupon(request).await?.into_inner())
    }
}

pub(crate) fn basket(lines: &[i64]) -> api::CouponBasket {
    let line = |(place, minor): (usize, &i64)| api::coupon_basket::Line {
        line_id: (place + 1).to_string(),
        product_id: "tea".to_owned(),
        quantity: 1,
        amount: Some(pounds(*minor)),
        ..api::coupon_basket::Line::default()
    };
    api::CouponBasket {
        lines: lines.iter().enumerate().map(line).collect(),
        channel: "app".to_owned(),
        ..api::CouponBasket::default()
    }
}

pub(crate) fn pounds(minor: i64) -> Money {
    Money {
        currency_code: "GBP".to_owned(),
        amount_minor: minor,
    }
}

/// A mug for some points.
pub(crate) fn mug(points: i64, stock: i64) -> api::Reward {
    api::Reward {
        reward_id: "mug".to_owned(),
        display_name: "Mug".to_owned(),
        kind: Kind::Goods.into(),
        points,
        stock,
        ..api::Reward::default()
    }
}

/// A penny off for each point.
pub(crate) fn deduction(points: i64, minor: i64) -> api::Reward {
    api::Reward {
        reward_id: "off".to_owned(),
        display_name: "Money off".to_owned(),
        kind: Kind::CashDeduction.into(),
        points,
        deduction: Some(pounds(minor)),
        ..api::Reward::default()
    }
}

/// A coupon for five pounds off.
pub(crate) fn fiver() -> api::CouponTemplate {
    api::CouponTemplate {
        template_id: "fiver".to_owned(),
        display_name: "Five pounds off".to_owned(),
        value: Some(Value::AmountOff(pounds(500))),
        ..api::CouponTemplate::default()
    }
}
