//! Returns: what the selling system says, and what became of it.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::ids::{CustomerId, OrderId, ReturnId};
use super::invalid::{Invalid, Problem};
use super::money::{Currency, SentMoney};
use super::order::{check_line_ids, check_not_ahead};
use super::settle::Contradiction;
use super::text;

/// A return as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct ReturnDraft {
    pub(crate) id: ReturnId,
    pub(crate) order_id: OrderId,
    pub(crate) time: Timestamp,
    pub(crate) reason: String,
    pub(crate) lines: Vec<ReturnLineDraft>,
}

/// A line as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct ReturnLineDraft {
    pub(crate) line_id: String,
    pub(crate) quantity: i64,
    pub(crate) refund: Option<SentMoney>,
}

/// What came back, when and why. Made by [`ReturnDraft::check`], or read back from storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Return {
    pub(crate) id: ReturnId,
    pub(crate) order_id: OrderId,
    pub(crate) time: Timestamp,
    pub(crate) reason: String,
    /// Of the refunds that the selling system told; `None` when it told none.
    pub(crate) currency: Option<Currency>,
    pub(crate) lines: Vec<ReturnLine>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnLine {
    pub(crate) line_id: String,
    pub(crate) quantity: i64,
    /// Minor units, not negative; `None`: in proportion.
    pub(crate) refund: Option<i64>,
}

/// A return that is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedReturn {
    pub(crate) customer: CustomerId,
    /// Its entry in the timeline.
    pub(crate) entry_id: Uuid,
    pub(crate) record_time: Timestamp,
    pub(crate) content: Return,
    pub(crate) fate: Fate,
}

/// What became of a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its order is not known yet.
    Awaiting,
    /// It has taken effect.
    Applied(Refunds),
    /// It had waited, and then contradicted its order.
    Rejected(Contradiction),
}

/// What was paid back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refunds {
    pub(crate) currency: Currency,
    /// Minor units, one for each line of the return in the same order.
    pub(crate) by_line: Vec<i64>,
}

impl Refunds {
    /// All of it, in minor units. Never more than the order's total, so it can't overflow.
    pub(crate) fn total(&self) -> i64 {
        self.by_line
            .iter()
            .fold(0, |sum, refund| sum.saturating_add(*refund))
    }
}

impl ReturnDraft {
    /// The return, when it makes sense in itself.
    pub(crate) fn check(self, now: Timestamp) -> Result<Return, Invalid> {
        check_not_ahead("return_time", self.time, now)?;
        text::check(|| "reason".to_owned(), &self.reason)?;
        check_line_ids(self.lines.iter().map(|line| line.line_id.as_str()))?;
        let currency = common_currency(&self.lines)?;
        let lines = self.lines.into_iter().enumerate();
        let lines: Vec<_> = lines
            .map(|(at, line)| line.check(at))
            .collect::<Result<_, _>>()?;
        lines
            .iter()
            .filter_map(|line| line.refund)
            .try_fold(0_i64, i64::checked_add)
            .ok_or_else(|| Invalid::new("lines", Problem::SumTooLarge))?;
        let Self {
            id,
            order_id,
            time,
            reason,
            ..
        } = self;
        Ok(Return {
            id,
            order_id,
            time,
            reason,
            currency,
            lines,
        })
    }
}

impl ReturnLineDraft {
    fn check(self, at: usize) -> Result<ReturnLine, Invalid> {
        let Self {
            line_id,
            quantity,
            refund,
        } = self;
        text::check(|| format!("lines[{at}].line_id"), &line_id)?;
        let refund = refund.map(|money| money.minor);
        if refund.is_some_and(i64::is_negative) {
            return Err(Invalid::new(
                format!("lines[{at}].refund.amount_minor"),
                Problem::Negative,
            ));
        }
        Ok(ReturnLine {
            line_id,
            quantity,
            refund,
        })
    }
}

/// The one currency of all refunds that were told.
fn common_currency(lines: &[ReturnLineDraft]) -> Result<Option<Currency>, Invalid> {
    let mut common = None;
    for (at, line) in lines.iter().enumerate() {
        let Some(refund) = &line.refund else { continue };
        let wrong = |problem| Invalid::new(format!("lines[{at}].refund.currency_code"), problem);
        let currency = Currency::parse(&refund.currency_code)
            .ok_or_else(|| wrong(Problem::UnknownCurrency))?;
        if common
            .replace(currency)
            .is_some_and(|earlier| earlier != currency)
        {
            return Err(wrong(Problem::MixedCurrencies));
        }
    }
    Ok(common)
}

impl Return {
    /// The first field in which `sent` says something else, as its path in `sent`. Lines are told
    /// apart by their ids.
    pub(crate) fn difference(&self, sent: &Self) -> Option<String> {
        let plain = [
            ("order_id", self.order_id == sent.order_id),
            ("return_time", self.time == sent.time),
            ("lines", self.lines.len() == sent.lines.len()),
        ];
        if let Some((field, _)) = plain.iter().find(|(_, same)| !same) {
            return Some((*field).to_owned());
        }
        let known: HashMap<_, _> = self
            .lines
            .iter()
            .map(|line| (line.line_id.as_str(), line))
            .collect();
        let of_line = sent.lines.iter().enumerate().find_map(|(at, line)| {
            let field = match known.get(line.line_id.as_str()) {
                None => "line_id",
                Some(known) if known.quantity != line.quantity => "quantity",
                Some(known) if known.refund != line.refund => "refund",
                Some(_) if line.refund.is_some() && self.currency != sent.currency => "refund",
                Some(_) => return None,
            };
            Some(format!("lines[{at}].{field}"))
        });
        of_line.or_else(|| (self.reason != sent.reason).then(|| "reason".to_owned()))
    }
}
