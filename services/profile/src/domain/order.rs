//! Orders: what the selling system says, and what Patron keeps of it.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::ids::{CustomerId, OrderId};
use super::invalid::{Invalid, Problem};
use super::money::{Currency, SentMoney};
use super::refund::Returned;
use super::text;

/// How far the clocks of selling systems may be ahead.
pub(crate) const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// An order as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct OrderDraft {
    pub(crate) id: OrderId,
    pub(crate) channel: String,
    pub(crate) store_id: String,
    pub(crate) time: Timestamp,
    pub(crate) lines: Vec<LineDraft>,
}

/// A line as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct LineDraft {
    pub(crate) line_id: String,
    pub(crate) product_id: String,
    pub(crate) product_name: String,
    pub(crate) category: String,
    pub(crate) quantity: i64,
    pub(crate) amount: SentMoney,
}

/// What was bought, when and where. Made by [`OrderDraft::check`], or read back from storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) channel: String,
    pub(crate) store_id: String,
    pub(crate) time: Timestamp,
    pub(crate) currency: Currency,
    /// Sum of the lines' amounts, in minor units.
    pub(crate) total: i64,
    pub(crate) lines: Vec<OrderLine>,
}

/// One line; the currency is the order's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderLine {
    pub(crate) line_id: String,
    pub(crate) product_id: String,
    pub(crate) product_name: String,
    pub(crate) category: String,
    pub(crate) quantity: i64,
    /// Minor units, not negative.
    pub(crate) amount: i64,
}

/// An order that is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedOrder {
    pub(crate) customer: CustomerId,
    /// Its entry in the timeline.
    pub(crate) entry_id: Uuid,
    pub(crate) record_time: Timestamp,
    pub(crate) order: Order,
    /// What came back, one for each line in the same order.
    pub(crate) returned: Vec<Returned>,
}

impl OrderDraft {
    /// The order, when it makes sense in itself.
    pub(crate) fn check(self, now: Timestamp) -> Result<Order, Invalid> {
        check_not_ahead("order_time", self.time, now)?;
        text::check(|| "store_id".to_owned(), &self.store_id)?;
        check_line_ids(self.lines.iter().map(|line| line.line_id.as_str()))?;
        let currency = common_currency(&self.lines)?;
        let lines = self.lines.into_iter().enumerate();
        let lines: Vec<_> = lines
            .map(|(at, line)| line.check(at))
            .collect::<Result<_, _>>()?;
        let total = lines
            .iter()
            .try_fold(0_i64, |sum, line| sum.checked_add(line.amount))
            .ok_or_else(|| Invalid::new("lines", Problem::SumTooLarge))?;
        let Self {
            id,
            channel,
            store_id,
            time,
            ..
        } = self;
        Ok(Order {
            id,
            channel,
            store_id,
            time,
            currency,
            total,
            lines,
        })
    }
}

impl LineDraft {
    fn check(self, at: usize) -> Result<OrderLine, Invalid> {
        let Self {
            line_id,
            product_id,
            product_name,
            category,
            quantity,
            amount,
        } = self;
        let field = |name| move || format!("lines[{at}].{name}");
        text::check(field("line_id"), &line_id)?;
        text::check(field("product_id"), &product_id)?;
        text::check(field("product_name"), &product_name)?;
        text::check(field("category"), &category)?;
        if amount.minor < 0 {
            return Err(Invalid::new(
                field("amount.amount_minor")(),
                Problem::Negative,
            ));
        }
        let amount = amount.minor;
        Ok(OrderLine {
            line_id,
            product_id,
            product_name,
            category,
            quantity,
            amount,
        })
    }
}

/// The one currency of all lines.
fn common_currency(lines: &[LineDraft]) -> Result<Currency, Invalid> {
    let code = lines
        .first()
        .map_or("", |line| line.amount.currency_code.as_str());
    let wrong =
        |at: usize, problem| Invalid::new(format!("lines[{at}].amount.currency_code"), problem);
    if let Some(at) = lines
        .iter()
        .position(|line| line.amount.currency_code != code)
    {
        return Err(wrong(at, Problem::MixedCurrencies));
    }
    Currency::parse(code).ok_or_else(|| wrong(0, Problem::UnknownCurrency))
}

/// Refuses an activity that its system dates into the future.
pub(crate) fn check_not_ahead(field: &str, time: Timestamp, now: Timestamp) -> Result<(), Invalid> {
    if time.duration_since(now) > CLOCK_TOLERANCE {
        return Err(Invalid::new(field, Problem::InFuture));
    }
    Ok(())
}

/// Refuses a line id that stands twice.
pub(super) fn check_line_ids<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), Invalid> {
    let mut seen = HashSet::new();
    for (at, id) in ids.enumerate() {
        if !seen.insert(id) {
            return Err(Invalid::new(
                format!("lines[{at}].line_id"),
                Problem::DuplicateLine,
            ));
        }
    }
    Ok(())
}

impl Order {
    /// The first field in which `sent` says something else, as its path in `sent`. Lines are told
    /// apart by their ids, so a system may list them in another order the next time.
    pub(crate) fn difference(&self, sent: &Self) -> Option<String> {
        let plain = [
            ("channel", self.channel == sent.channel),
            ("store_id", self.store_id == sent.store_id),
            ("order_time", self.time == sent.time),
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
        sent.lines.iter().enumerate().find_map(|(at, line)| {
            let field = match known.get(line.line_id.as_str()) {
                None => "line_id",
                Some(_) if self.currency != sent.currency => "amount",
                Some(known) => known.difference(line)?,
            };
            Some(format!("lines[{at}].{field}"))
        })
    }
}

impl OrderLine {
    fn difference(&self, sent: &Self) -> Option<&'static str> {
        let fields = [
            ("product_id", self.product_id == sent.product_id),
            ("product_name", self.product_name == sent.product_name),
            ("category", self.category == sent.category),
            ("quantity", self.quantity == sent.quantity),
            ("amount", self.amount == sent.amount),
        ];
        fields
            .into_iter()
            .find_map(|(field, same)| (!same).then_some(field))
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
