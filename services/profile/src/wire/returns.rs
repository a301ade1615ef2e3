//! Returns.

use contract::patron::profile::v1 as proto;
use contract::patron::r#type::v1::Money;
use prost::Message as _;
use proto::ErrorReason;
use proto::r#return::State;

use super::{money, time};
use crate::domain::ids::{OrderId, ReturnId};
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::money::Currency;
use crate::domain::returns::{
    Fate, RecordedReturn, Refunds, Return, ReturnDraft, ReturnLine, ReturnLineDraft,
};
use crate::domain::settle::Contradiction;

/// Largest return, in bytes of its encoding; see the limit of orders.
const MAX_BYTES: usize = 320 * 1024;

/// A return that was sent; its customer is decided over elsewhere.
pub(crate) fn decode(sent: proto::Return) -> Result<ReturnDraft, Invalid> {
    if sent.encoded_len() > MAX_BYTES {
        return Err(Invalid::new("lines", Problem::TooLarge));
    }
    let time = time::decode("return_time", sent.return_time.as_ref())?;
    let lines = sent.lines.into_iter().enumerate();
    let lines = lines
        .map(|(at, line)| decode_line(at, line))
        .collect::<Result<_, _>>()?;
    Ok(ReturnDraft {
        id: ReturnId(sent.return_id),
        order_id: OrderId(sent.order_id),
        time,
        reason: sent.reason,
        lines,
    })
}

fn decode_line(at: usize, sent: proto::ReturnLine) -> Result<ReturnLineDraft, Invalid> {
    let refund = |money| money::decode(|| format!("lines[{at}].refund"), Some(money));
    Ok(ReturnLineDraft {
        line_id: sent.line_id,
        quantity: sent.quantity,
        refund: sent.refund.map(refund).transpose()?,
    })
}

/// A return on record. Until it is applied its refunds are those that were told, and it has no
/// total.
pub(crate) fn encode(recorded: RecordedReturn) -> proto::Return {
    let (state, reject_reason) = match &recorded.fate {
        Fate::Awaiting => (State::AwaitingOrder, ""),
        Fate::Applied(_) => (State::Applied, ""),
        Fate::Rejected(contradiction) => (State::Rejected, name_of(*contradiction)),
    };
    let total = match &recorded.fate {
        Fate::Applied(refunds) => Some(money::encode(refunds.currency, refunds.total())),
        Fate::Awaiting | Fate::Rejected(_) => None,
    };
    let lines = encode_lines(&recorded.content, &recorded.fate);
    let content = recorded.content;
    proto::Return {
        return_id: content.id.0,
        order_id: content.order_id.0,
        customer_id: recorded.customer.0.to_string(),
        return_time: Some(time::encode(content.time)),
        lines,
        reason: content.reason,
        state: state.into(),
        total,
        record_time: Some(time::encode(recorded.record_time)),
        reject_reason: reject_reason.to_owned(),
    }
}

fn encode_lines(content: &Return, fate: &Fate) -> Vec<proto::ReturnLine> {
    match fate {
        Fate::Applied(Refunds { currency, by_line }) => {
            let lines = content.lines.iter().zip(by_line);
            lines
                .map(|(line, refund)| encode_line(line, Some((*currency, *refund))))
                .collect()
        }
        Fate::Awaiting | Fate::Rejected(_) => {
            let told = |line: &ReturnLine| content.currency.zip(line.refund);
            content
                .lines
                .iter()
                .map(|line| encode_line(line, told(line)))
                .collect()
        }
    }
}

fn encode_line(line: &ReturnLine, refund: Option<(Currency, i64)>) -> proto::ReturnLine {
    let refund: Option<Money> = refund.map(|(currency, minor)| money::encode(currency, minor));
    proto::ReturnLine {
        line_id: line.line_id.clone(),
        quantity: line.quantity,
        refund,
    }
}

/// The reason by which a contradiction is known outside.
pub(crate) fn reason_of(contradiction: Contradiction) -> ErrorReason {
    match contradiction {
        Contradiction::OrderOfAnotherCustomer => ErrorReason::OrderOfAnotherCustomer,
        Contradiction::ReturnBeforeOrder => ErrorReason::ReturnBeforeOrder,
        Contradiction::CurrencyMismatch => ErrorReason::CurrencyMismatch,
        Contradiction::ReturnLineUnknown => ErrorReason::ReturnLineUnknown,
        Contradiction::ReturnExceedsOrder => ErrorReason::ReturnExceedsOrder,
        Contradiction::RefundExceedsLine => ErrorReason::RefundExceedsLine,
    }
}

fn name_of(contradiction: Contradiction) -> &'static str {
    let name = reason_of(contradiction).as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}
