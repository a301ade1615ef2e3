use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a quote is good.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// A price that is kept until an instant. It carries all that an order needs, so it holds whatever
/// versions of the program come meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The quote; good for one order.
    pub quote_id: Uuid,
    /// Version of the program.
    pub program_version: i64,
    /// The price.
    pub price: Price,
    /// The first instant at which it is not good any more.
    pub expires_at: Timestamp,
}

/// What an order costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Pieces; for a cash deduction, steps.
    pub quantity: i64,
    /// Points for all of it.
    pub points: i64,
    /// What is paid besides, in minor units of the currency that the reward names.
    pub cash_minor: i64,
    /// For a cash deduction: what is taken off, in minor units of the currency that the reward names.
    pub deduction_minor: i64,
}

/// Why a quote is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// Its time is over.
    #[error("the quote expired at {at}")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was made for another member or reward, or is none.
    #[error("the quote was not made for this member and reward")]
    Foreign,
    /// It was used for an order before.
    #[error("the quote was used before")]
    Used,
    /// There is none where one is needed.
    #[error("a cash deduction is ordered by a quote")]
    Missing,
}

impl Quote {
    /// A quote that is made now.
    pub fn new(quote_id: Uuid, program_version: i64, price: Price, now: Timestamp) -> Self {
        Self {
            quote_id,
            program_version,
            price,
            expires_at: now.checked_add(LIFETIME).unwrap_or(now),
        }
    }

    /// Whether it is still good.
    pub fn check(&self, now: Timestamp) -> Result<(), QuoteError> {
        if now < self.expires_at {
            Ok(())
        } else {
            let at = self.expires_at;
            Err(QuoteError::Expired { at })
        }
    }
}
