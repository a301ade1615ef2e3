//! The reactions on a database of their own, and events made by hand.

use contract::patron::events::v1 as wire;

use contract::patron::profile::v1::{
    Order, OrderLine, OrderRecorded, Return, ReturnLine, ReturnRecorded,
};
use contract::patron::r#type::v1::Money;
use contract::time::timestamp;
use events::{Handler as _, HandlerError, Incoming};
use jiff::Timestamp;
use postgres::testing::TestDatabase;
use prost::{Message, Name};
use uuid::Uuid;

use crate::app::books::Books;
use crate::app::redeem::Redeem;
use crate::app::testing::World;
use crate::app::writer::Command as _;
use crate::app::{Loyalty, read};
use crate::domain::ledger::{Figures, Points, WalletId};
use crate::reactions::Reactions;

pub(super) const CUSTOMER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
/// What was announced: the type's last name, and the payload.
type Announced = (String, Vec<u8>);

/// A point for each whole unit of money, spent in any amount.
const PLAIN: &str = "
displayName: Plain
timeZone: UTC
wallets:
  - walletId: POINTS
    displayName: Points
    debt: {mode: MODE_UNLIMITED}
earningRules:
  - ruleId: base
    displayName: Base
    order: {}
    perCurrencyUnit: {numerator: 1}
";

pub(super) struct Bench {
    database: TestDatabase,
    pub(super) loyalty: Loyalty,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let World {
            database, loyalty, ..
        } = World::new(PLAIN, "2025-06-01T12:00:00.123456789Z").await;
        Self { database, loyalty }
    }

    /// Applies an event as the consumer does: in a transaction that an error rolls back.
    pub(super) async fn hear<P: Message + Name>(&self, payload: &P) -> Result<(), HandlerError> {
        let mut tx = self.loyalty.db.begin().await?;
        Reactions(self.loyalty.clone())
            .handle(&mut tx, &event(payload))
            .await?;
        Ok(tx.commit().await?)
    }

    /// Applies events as the consumer does: many in a transaction.
    pub(super) async fn hear_all(&self, events: &[Incoming]) -> Result<(), HandlerError> {
        let mut tx = self.loyalty.db.begin().await?;
        let events: Vec<&Incoming> = events.iter().collect();
        Reactions(self.loyalty.clone())
            .handle_all(&mut tx, &events)
            .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn spend(&self, points: i64) {
        let redeem = redeem(points);
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let books = Books::open(&self.loyalty, &mut tx, &[redeem.need()]).await;
        let mut books = books.unwrap();
        let decision = redeem.decide(&books).unwrap();
        decision.enter(&mut books, "").unwrap();
        books.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The figures of the member's wallet.
    pub(super) async fn wallet(&self) -> Figures {
        let member = read::member(&self.loyalty, CUSTOMER).await.unwrap();
        let [(WalletId::POINTS, figures)] = member.wallets[..] else {
            panic!("{:?}", member.wallets)
        };
        figures
    }

    /// Available, owed, ever earned.
    pub(super) async fn figures(&self) -> (i64, i64, i64) {
        let figures = self.wallet().await;
        let owed = figures.balances.owed().unwrap();
        (
            figures.balances.available.get(),
            owed.get(),
            figures.lifetime_earned.get(),
        )
    }

    async fn announced(&self) -> Vec<Announced> {
        let rows: Vec<Announced> =
            sqlx::query_as("SELECT type, payload FROM outbox ORDER BY position")
                .fetch_all(self.database.owner_pool())
                .await
                .unwrap();
        let last = |name: String| name.rsplit('.').next().unwrap_or_default().to_owned();
        rows.into_iter()
            .map(|(name, payload)| (last(name), payload))
            .collect()
    }

    pub(super) async fn names_announced(&self) -> Vec<String> {
        self.announced()
            .await
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    pub(super) async fn last_announced<P: Message + Default>(&self) -> P {
        P::decode(self.announced().await.pop().unwrap().1.as_slice()).unwrap()
    }

    pub(super) async fn arrange(&self, sql: &'static str) {
        sqlx::query(sql)
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }
}

/// Points of the customer to be spent.
pub(super) fn redeem(points: i64) -> Redeem {
    Redeem {
        customer_id: CUSTOMER,
        wallet_id: None,
        points: Points::new(points),
        reference: "reward".to_owned(),
        reward_id: String::new(),
    }
}

pub(super) fn event<P: Message + Name>(payload: &P) -> Incoming {
    let id = CUSTOMER.to_string();
    let wire = wire::Event {
        event_id: id.clone(),
        source: "profile".to_owned(),
        r#type: P::full_name(),
        subject_id: id.clone(),
        subject_version: 1,
        customer_id: id,
        occur_time: Some(timestamp(at("2025-05-01T10:00:00Z"))),
        data: payload.encode_to_vec().into(),
        position: Some(wire::Position::default()),
        ..wire::Event::default()
    };
    Incoming::new(wire).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn pounds(amount_minor: i64) -> Money {
    Money {
        currency_code: "GBP".to_owned(),
        amount_minor,
    }
}

/// An order of one line of ten pieces.
pub(super) fn order(order_id: &str, bought: &str, minor: i64) -> Order {
    let line = OrderLine {
        line_id: "1".to_owned(),
        product_id: "mug".to_owned(),
        quantity: 10,
        amount: Some(pounds(minor)),
        ..OrderLine::default()
    };
    Order {
        order_id: order_id.to_owned(),
        customer_id: CUSTOMER.to_string(),
        order_time: Some(timestamp(at(bought))),
        lines: vec![line],
        ..Order::default()
    }
}

pub(super) fn bought(order_id: &str, minor: i64) -> OrderRecorded {
    OrderRecorded {
        order: Some(order(order_id, "2025-05-01T10:00:00Z", minor)),
    }
}

/// A return of some of the ten pieces.
pub(super) fn gave_back(
    return_id: &str,
    of: &OrderRecorded,
    refund: i64,
    pieces: i64,
) -> ReturnRecorded {
    let order = of.order.clone().unwrap();
    let line = ReturnLine {
        line_id: "1".to_owned(),
        quantity: pieces,
        refund: Some(pounds(refund)),
    };
    let back = Return {
        return_id: return_id.to_owned(),
        order_id: order.order_id.clone(),
        customer_id: order.customer_id.clone(),
        return_time: Some(timestamp(at("2025-05-20T10:00:00Z"))),
        lines: vec![line],
        ..Return::default()
    };
    ReturnRecorded {
        r#return: Some(back),
        order: Some(order),
    }
}
