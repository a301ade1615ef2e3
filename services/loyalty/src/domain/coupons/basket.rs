use crate::domain::{Currency, Money, MoneyError};

/// What is bought together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    currency: Currency,
    lines: Vec<BasketLine>,
    total_minor: i64,
}

/// A line of a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasketLine {
    /// The line.
    pub line_id: String,
    /// What it costs.
    pub amount: Money,
}

/// A basket that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// It has no lines.
    #[error("a basket has at least one line")]
    Empty,
    /// Amounts that do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Basket {
    /// A basket of these lines, all in one currency.
    pub fn of(lines: Vec<BasketLine>) -> Result<Self, BasketError> {
        let currency = lines.first().ok_or(BasketError::Empty)?.amount.currency;
        let total = Money::sum(currency, lines.iter().map(|line| line.amount))?;
        Ok(Self {
            currency,
            lines,
            total_minor: total.minor,
        })
    }

    /// Its currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Its lines.
    pub fn lines(&self) -> &[BasketLine] {
        &self.lines
    }

    /// What it is worth, in minor units.
    pub fn total_minor(&self) -> i64 {
        self.total_minor
    }
}
