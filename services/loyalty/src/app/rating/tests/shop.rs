use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use super::super::{Fact, Told, record};
use crate::app::testing::World;
use crate::app::{AppError, DEFAULT_PROGRAM};
use crate::domain::Currency;
use crate::domain::happened::Act;
use crate::domain::ledger::WalletId;
use crate::domain::sales::{Return, ReturnLine, Sale, SaleLine};
use crate::program_file::ProgramFile;
use crate::store::program::{Deed, Scheduling, Version, insert_document, revise};

pub(super) const MEMBER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

/// A point for each yuan, and nothing else.
pub(super) const PLAIN: &str = "
displayName: Plain
timeZone: Asia/Shanghai
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

/// A world in which things are bought.
pub(super) struct Shop(pub(super) World);

impl Shop {
    pub(super) async fn with(program: &str) -> Self {
        Self(World::new(program, "2026-06-01T00:00:00Z").await)
    }

    /// Another version comes into force.
    pub(super) async fn supersede(&self, number: i64, program: &str, from: &str) {
        let file = ProgramFile::read(program).unwrap();
        assert!(file.problems().is_empty(), "{:?}", file.problems());
        let made = Deed {
            at: self.0.loyalty.now(),
            by: "test".to_owned(),
        };
        let version = Version {
            program_id: DEFAULT_PROGRAM.to_owned(),
            number,
            document: file.document.encode_to_vec(),
            description: String::new(),
            edits: 1,
            created: made.clone(),
            updated: made.clone(),
            scheduling: None,
        };
        let scheduling = Scheduling {
            active_from: at(from),
            scheduled: made,
            reason: String::new(),
            reverted: None,
            cancellation: None,
        };
        let pool = self.0.loyalty.db.pool();
        insert_document(pool, &version, &scheduling).await.unwrap();
        let revision = self.0.loyalty.clock.new_id();
        revise(pool, DEFAULT_PROGRAM, revision).await.unwrap();
    }

    /// Tells facts in one transaction, as the consumer of a feed does.
    pub(super) async fn try_hear(&self, facts: &[Fact]) -> Result<(), AppError> {
        let told = facts.iter().map(|fact| Told {
            fact: fact.clone(),
            trace: "",
        });
        let told: Vec<Told<'_>> = told.collect();
        let mut tx = self.0.loyalty.db.begin().await.unwrap();
        record(&self.0.loyalty, &mut tx, &told).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    pub(super) async fn hear(&self, fact: Fact) {
        self.try_hear(&[fact]).await.unwrap();
    }

    /// Available, pending, owed, and ever earned less what was taken back.
    pub(super) async fn figures(&self) -> [i64; 4] {
        let member = crate::app::read::member(&self.0.loyalty, MEMBER)
            .await
            .unwrap();
        let wallet = member
            .wallets
            .iter()
            .find(|(id, _)| *id == WalletId::POINTS);
        let figures = wallet.map(|(_, figures)| *figures).unwrap_or_default();
        let balances = figures.balances;
        [
            balances.available.get(),
            balances.pending.get(),
            balances.owed().unwrap().get(),
            figures.lifetime_earned.get(),
        ]
    }

    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.0.database.owner_pool())
            .await
            .unwrap()
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A purchase of lines at these prices, in cents.
pub(super) fn sale(order_id: &str, ordered_at: &str, prices: &[i64]) -> Sale {
    let line = |(place, price): (usize, &i64)| SaleLine {
        line_id: place.to_string(),
        product_id: format!("p{place}"),
        category: "tea".to_owned(),
        quantity: 2,
        amount_minor: *price,
        returned: 0,
        refunded_minor: 0,
    };
    Sale {
        customer_id: MEMBER,
        order_id: order_id.to_owned(),
        channel: "online".to_owned(),
        store: String::new(),
        ordered_at: at(ordered_at),
        currency: Currency::parse("CNY").unwrap(),
        lines: prices.iter().enumerate().map(line).collect(),
    }
}

pub(super) fn bought(order_id: &str, ordered_at: &str, prices: &[i64]) -> Fact {
    Fact::Bought(sale(order_id, ordered_at, prices))
}

/// So many pieces and cents of a line go back.
pub(super) fn returned(
    return_id: &str,
    order_id: &str,
    (line, quantity, refund_minor): (usize, i64, i64),
) -> Fact {
    Fact::Returned(Return {
        customer_id: MEMBER,
        return_id: return_id.to_owned(),
        order_id: order_id.to_owned(),
        returned_at: at("2026-05-30T00:00:00Z"),
        currency: Currency::parse("CNY").unwrap(),
        lines: vec![ReturnLine {
            line_id: line.to_string(),
            quantity,
            refund_minor,
        }],
    })
}

pub(super) fn act(activity_type: &str, activity_id: &str, occurred_at: &str) -> Act {
    Act {
        customer_id: MEMBER,
        activity_id: activity_id.to_owned(),
        activity_type: activity_type.to_owned(),
        occurred_at: at(occurred_at),
        channel: "app".to_owned(),
        attributes: BTreeMap::new(),
    }
}
