use contract::patron::loyalty::v1::ErrorReason;

use crate::app::AppError;
use crate::domain::LedgerError;
use crate::domain::liability::LiabilityError;
use crate::store::StoreError;
use crate::store::runs::{Failure, Kind};

/// Why background work could not be asked for, or came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// There is none of this id.
    #[error("there is no such {}", name(*kind))]
    NotFound {
        /// What was looked for.
        kind: Kind,
    },
    /// Enough is open already.
    #[error("{most} reports and simulations of this program are open already")]
    TooMany {
        /// How many may be.
        most: i64,
    },
    /// The period ends before it begins.
    #[error("the period ends before it begins")]
    Period,
    /// The program has no such point currency.
    #[error("the program has no point currency {wallet_id}")]
    Wallet {
        /// What was asked for.
        wallet_id: String,
    },
    /// The points are of more months and partners than a report holds.
    #[error("the points are of more than {most} months and funding partners")]
    TooManyCohorts {
        /// How many it holds.
        most: usize,
    },
    /// Another process is at it.
    #[error("another process has taken the work over")]
    TakenOver,
    /// What is stored can't be read.
    #[error("the stored request or result can't be read")]
    Unreadable(#[from] prost::DecodeError),
    /// A sum is beyond what the ledger can count.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// As other use cases fail.
    #[error(transparent)]
    App(Box<AppError>),
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::LiabilityReport => "liability report of that program",
        Kind::Simulation => "simulation of that program",
    }
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<LiabilityError> for RunError {
    fn from(error: LiabilityError) -> Self {
        match error {
            LiabilityError::Ledger(error) => Self::Ledger(error),
            LiabilityError::TooManyCohorts { most } => Self::TooManyCohorts { most },
        }
    }
}

impl RunError {
    /// Why there will be no result, however often it is tried; `None` when the next try may succeed.
    pub(super) fn as_final(&self) -> Option<Failure> {
        let reason = match self {
            Self::TooManyCohorts { .. } => ErrorReason::TooManyCohorts,
            Self::Ledger(_) => ErrorReason::AmountOutOfRange,
            Self::Wallet { .. } => ErrorReason::WalletNotFound,
            _ => return None,
        };
        Some(Failure {
            reason: short(reason).to_owned(),
            message: self.to_string(),
        })
    }
}

/// A reason without its prefix.
pub(super) fn short(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}
