//! Amounts.

use contract::patron::r#type::v1::Money;

use crate::domain::invalid::{Invalid, Problem};
use crate::domain::money::{Currency, SentMoney};

pub(crate) fn decode(
    field: impl FnOnce() -> String,
    sent: Option<Money>,
) -> Result<SentMoney, Invalid> {
    let Money {
        currency_code,
        amount_minor,
    } = sent.ok_or_else(|| Invalid::new(field(), Problem::Missing))?;
    Ok(SentMoney {
        currency_code,
        minor: amount_minor,
    })
}

pub(crate) fn encode(currency: Currency, amount_minor: i64) -> Money {
    Money {
        currency_code: currency.code().to_owned(),
        amount_minor,
    }
}
