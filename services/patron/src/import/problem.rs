/// Something in the file that was not imported, or not wholly: one row of the errors file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Line of the file, from 1, the header included.
    pub(crate) line: u64,
    /// The invoice; empty when it could not be read.
    pub(crate) invoice: String,
    /// The column, by the name in the header; empty when it is the line or invoice as a whole.
    pub(crate) field: &'static str,
    /// What is the matter.
    pub(crate) reason: Reason,
}

/// Why something was not imported. Shown as a sentence; [`Reason::code`] is for programs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("the line has {found} fields instead of {expected}")]
    FieldCount { found: usize, expected: usize },
    #[error("is not UTF-8")]
    NotUtf8,
    #[error("is empty")]
    Empty,
    #[error("is not {expected}")]
    Malformed { expected: &'static str },
    #[error("is longer than {most} characters")]
    TooLong { most: usize },
    #[error("is out of range")]
    OutOfRange,
    #[error("is zero")]
    ZeroQuantity,
    #[error("is negative")]
    NegativePrice,
    #[error("differs from that of the first line of the invoice")]
    DiffersWithinInvoice,
    #[error("is positive on a cancellation")]
    PositiveOnCancellation,
    #[error("the invoice has {found} lines; {most} can be recorded")]
    TooManyLines { found: usize, most: usize },
    #[error("quantity times unit price is beyond what can be recorded")]
    AmountOutOfRange,
    #[error("a cancellation without a customer can't be matched to a purchase")]
    CancellationWithoutCustomer,
    #[error("money back that names no goods can't be matched to a purchase")]
    DiscountWithoutPurchase,
    #[error("{unmatched} of {cancelled} pieces have no earlier purchase in the file")]
    NoEarlierPurchase { unmatched: i64, cancelled: i64 },
    #[error("the server refused it: {message}")]
    Refused { code: String, message: String },
}

impl Reason {
    /// The reason in UPPER_SNAKE; for refusals the server's own.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::FieldCount { .. } => "FIELD_COUNT",
            Self::NotUtf8 => "NOT_UTF8",
            Self::Empty => "EMPTY",
            Self::Malformed { .. } => "MALFORMED",
            Self::TooLong { .. } => "TOO_LONG",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::ZeroQuantity => "ZERO_QUANTITY",
            Self::NegativePrice => "NEGATIVE_PRICE",
            Self::DiffersWithinInvoice => "DIFFERS_WITHIN_INVOICE",
            Self::PositiveOnCancellation => "POSITIVE_ON_CANCELLATION",
            Self::TooManyLines { .. } => "TOO_MANY_LINES",
            Self::AmountOutOfRange => "AMOUNT_OUT_OF_RANGE",
            Self::CancellationWithoutCustomer => "CANCELLATION_WITHOUT_CUSTOMER",
            Self::DiscountWithoutPurchase => "DISCOUNT_WITHOUT_PURCHASE",
            Self::NoEarlierPurchase { .. } => "NO_EARLIER_PURCHASE",
            Self::Refused { code, .. } => code,
        }
    }

    /// True for money or goods back that could not be matched: the file is in order, but what it
    /// says can't be recorded as a return.
    pub(crate) fn is_unmatched(&self) -> bool {
        matches!(
            self,
            Self::CancellationWithoutCustomer
                | Self::DiscountWithoutPurchase
                | Self::NoEarlierPurchase { .. }
        )
    }

    /// True for what the server refused.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
