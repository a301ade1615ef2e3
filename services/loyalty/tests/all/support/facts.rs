//! What the profile service tells, and what comes of it.

use contract::patron::profile::v1::{
    CustomerPlaced, ErasureRequested, Order, OrderLine, OrderRecorded, Return, ReturnLine,
    ReturnRecorded,
};
use contract::patron::r#type::v1::Money;
use contract::time::timestamp;
use events::NewEvent;
use jiff::Timestamp;
use prost::{Message, Name};
use testkit::{reason, until};
use uuid::Uuid;

use super::Bench;

impl Bench {
    /// A new member with an order of so many pounds.
    pub(crate) async fn member(&self, pounds: i64) -> Uuid {
        let customer_id = self.clock.new_id();
        self.bought(customer_id, "o-1", pounds).await;
        customer_id
    }

    /// The profile service announces an order; returns when it has earned.
    pub(crate) async fn bought(&self, customer_id: Uuid, order_id: &str, pounds: i64) {
        let before = self.lifetime_earned(customer_id).await;
        self.order_told(customer_id, order_id, pounds).await;
        self.until_earned(customer_id, before + pounds).await;
    }

    /// The profile service announces an order, and nobody waits.
    pub(crate) async fn order_told(&self, customer_id: Uuid, order_id: &str, pounds: i64) {
        let order = Some(order(customer_id, order_id, pounds, 0));
        self.announce(customer_id, &OrderRecorded { order }).await;
    }

    /// The profile service announces that all of an order was returned.
    pub(crate) async fn returned(&self, customer_id: Uuid, order_id: &str, pounds: i64) {
        let before = self.lifetime_earned(customer_id).await;
        self.return_told(customer_id, order_id, pounds).await;
        self.until_earned(customer_id, before - pounds).await;
    }

    /// The customer is in a region, and the role has heard of it.
    pub(crate) async fn place(&self, customer_id: Uuid, region: &str, revision: i64) {
        self.regions.put(&customer_id.to_string(), region);
        let moved = CustomerPlaced {
            customer_id: customer_id.to_string(),
            region_code: region.to_owned(),
            brand: String::new(),
            revision,
        };
        self.announce(customer_id, &moved).await;
        until("the role has heard where the customer is", async || {
            let query = "SELECT region_code FROM person_places WHERE customer_id = $1";
            let found = sqlx::query_scalar(query).bind(customer_id);
            let known = found.fetch_optional(self.database.db().pool()).await;
            (known.unwrap() == Some(region.to_owned())).then_some(())
        })
        .await;
    }

    /// The same, without waiting for what it does.
    pub(crate) async fn return_told(&self, customer_id: Uuid, order_id: &str, pounds: i64) {
        let line = ReturnLine {
            line_id: "1".to_owned(),
            quantity: 1,
            refund: Some(money(pounds)),
        };
        let back = Return {
            return_id: format!("return-of-{order_id}"),
            order_id: order_id.to_owned(),
            customer_id: customer_id.to_string(),
            return_time: Some(timestamp(self.clock.now())),
            lines: vec![line],
            ..Return::default()
        };
        let order = Some(order(customer_id, order_id, pounds, 1));
        let r#return = Some(back);
        self.announce(customer_id, &ReturnRecorded { r#return, order })
            .await;
    }

    /// The profile service asks to erase a customer, and nobody waits.
    pub(crate) async fn erase(&self, erasure_id: Uuid, customer_id: Uuid) {
        let payload = ErasureRequested {
            erasure_id: erasure_id.to_string(),
            customer_ids: vec![customer_id.to_string()],
            round: 1,
        };
        let event = NewEvent::about(erasure_id, None, &payload);
        self.profile.announce(event).await;
    }

    async fn announce<P: Message + Name>(&self, customer_id: Uuid, payload: &P) {
        let event = NewEvent::about(customer_id, Some(customer_id), payload);
        self.profile.announce(event).await;
    }

    /// Waits until a member has ever earned so many points.
    pub(crate) async fn until_earned(&self, customer_id: Uuid, points: i64) {
        let what = format!("{customer_id} has earned {points}");
        until(&what, async || {
            (self.lifetime_earned(customer_id).await == points).then_some(())
        })
        .await;
    }

    async fn lifetime_earned(&self, customer_id: Uuid) -> i64 {
        match self.balance(customer_id).await {
            Ok(balance) => balance.lifetime_earned,
            Err(status) => {
                assert_eq!(reason(&status), "MEMBER_NOT_FOUND");
                0
            }
        }
    }
}

fn order(customer_id: Uuid, order_id: &str, pounds: i64, returned_quantity: i64) -> Order {
    let time: Timestamp = "2025-05-01T10:00:00Z".parse().unwrap();
    let line = OrderLine {
        line_id: "1".to_owned(),
        product_id: "mug".to_owned(),
        quantity: 1,
        amount: Some(money(pounds)),
        returned_quantity,
        ..OrderLine::default()
    };
    Order {
        order_id: order_id.to_owned(),
        customer_id: customer_id.to_string(),
        order_time: Some(timestamp(time)),
        lines: vec![line],
        ..Order::default()
    }
}

fn money(pounds: i64) -> Money {
    Money {
        currency_code: "GBP".to_owned(),
        amount_minor: pounds * 100,
    }
}
