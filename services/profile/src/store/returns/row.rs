//! A row of `returns`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::{CustomerId, OrderId, ReturnId};
use crate::domain::money::Currency;
use crate::domain::returns::{Fate, RecordedReturn, Refunds, Return, ReturnLine};
use crate::domain::settle::Contradiction;
use crate::store::{CorruptRow, StoreError};

pub(super) struct ReturnRow {
    pub(super) customer_id: Uuid,
    pub(super) return_id: String,
    pub(super) order_id: String,
    pub(super) entry_id: Uuid,
    pub(super) return_time: Timestamp,
    pub(super) reason: String,
    pub(super) told_currency: Option<String>,
    pub(super) lines: Json<Vec<LineRow>>,
    pub(super) state: String,
    pub(super) reject_reason: Option<String>,
    pub(super) refunds: Option<Json<Vec<i64>>>,
    pub(super) currency: Option<String>,
    pub(super) record_time: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LineRow {
    line: String,
    quantity: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refund: Option<i64>,
}

/// What became of some returns, a list for each column.
#[derive(Default)]
pub(super) struct FateColumns {
    pub(super) states: Vec<&'static str>,
    pub(super) reject_reasons: Vec<Option<&'static str>>,
    pub(super) refunds: Vec<Option<Json<Vec<i64>>>>,
    pub(super) currencies: Vec<Option<&'static str>>,
}

const AWAITING: &str = "awaiting_order";
const APPLIED: &str = "applied";
const REJECTED: &str = "rejected";

/// How contradictions are stored.
const CONTRADICTIONS: [(&str, Contradiction); 6] = [
    (
        "order_of_another_customer",
        Contradiction::OrderOfAnotherCustomer,
    ),
    ("return_before_order", Contradiction::ReturnBeforeOrder),
    ("currency_mismatch", Contradiction::CurrencyMismatch),
    ("return_line_unknown", Contradiction::ReturnLineUnknown),
    ("return_exceeds_order", Contradiction::ReturnExceedsOrder),
    ("refund_exceeds_line", Contradiction::RefundExceedsLine),
];

impl FateColumns {
    pub(super) fn of(returns: &[RecordedReturn]) -> Self {
        let mut columns = Self::default();
        for stored in returns {
            let (state, reject_reason, refunds) = match &stored.fate {
                Fate::Awaiting => (AWAITING, None, None),
                Fate::Applied(refunds) => (APPLIED, None, Some(refunds)),
                Fate::Rejected(contradiction) => (REJECTED, Some(name_of(*contradiction)), None),
            };
            columns.states.push(state);
            columns.reject_reasons.push(reject_reason);
            columns
                .refunds
                .push(refunds.map(|refunds| Json(refunds.by_line.clone())));
            columns
                .currencies
                .push(refunds.map(|refunds| refunds.currency.code()));
        }
        columns
    }
}

impl ReturnRow {
    pub(super) fn into_domain(self) -> Result<RecordedReturn, StoreError> {
        let fate = self.fate()?;
        let told = self
            .told_currency
            .as_deref()
            .map(|code| currency(code, "told_currency"));
        let content = Return {
            id: ReturnId(self.return_id),
            order_id: OrderId(self.order_id),
            time: self.return_time,
            reason: self.reason,
            currency: told.transpose()?,
            lines: self.lines.0.into_iter().map(LineRow::into_domain).collect(),
        };
        Ok(RecordedReturn {
            customer: CustomerId(self.customer_id),
            entry_id: self.entry_id,
            record_time: self.record_time,
            content,
            fate,
        })
    }

    fn fate(&self) -> Result<Fate, CorruptRow> {
        match self.state.as_str() {
            AWAITING => Ok(Fate::Awaiting),
            APPLIED => {
                let code = self.currency.as_deref().unwrap_or_default();
                let by_line = self.refunds.as_ref().ok_or(corrupt("refunds"))?.0.clone();
                Ok(Fate::Applied(Refunds {
                    currency: currency(code, "currency")?,
                    by_line,
                }))
            }
            REJECTED => {
                let name = self.reject_reason.as_deref().unwrap_or_default();
                contradiction_named(name)
                    .map(Fate::Rejected)
                    .ok_or(corrupt("reject_reason"))
            }
            _ => Err(corrupt("state")),
        }
    }
}

impl LineRow {
    pub(super) fn all_of(lines: &[ReturnLine]) -> Vec<Self> {
        let row = |line: &ReturnLine| Self {
            line: line.line_id.clone(),
            quantity: line.quantity,
            refund: line.refund,
        };
        lines.iter().map(row).collect()
    }

    fn into_domain(self) -> ReturnLine {
        ReturnLine {
            line_id: self.line,
            quantity: self.quantity,
            refund: self.refund,
        }
    }
}

fn name_of(contradiction: Contradiction) -> &'static str {
    let found = CONTRADICTIONS
        .iter()
        .find(|(_, known)| *known == contradiction);
    found.map_or("", |(name, _)| name)
}

fn contradiction_named(name: &str) -> Option<Contradiction> {
    CONTRADICTIONS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, contradiction)| *contradiction)
}

fn currency(code: &str, column: &'static str) -> Result<Currency, CorruptRow> {
    Currency::parse(code).ok_or(corrupt(column))
}

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "returns",
        column,
    }
}
