//! Errors of account managers.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use tonic::Code;

use crate::domain::accounts::NoManager;

impl From<NoManager> for Refusal {
    #[track_caller]
    fn from(why: NoManager) -> Self {
        let (code, reason) = match why {
            NoManager::Unknown => (Code::NotFound, ErrorReason::AccountManagerNotFound),
            NoManager::Absent => (Code::FailedPrecondition, ErrorReason::AccountManagerAbsent),
            NoManager::Full => (Code::FailedPrecondition, ErrorReason::AccountManagerFull),
            NoManager::NobodyFits => (Code::FailedPrecondition, ErrorReason::NoAccountManagerFits),
            NoManager::TooMany => (Code::ResourceExhausted, ErrorReason::AccountManagerLimit),
        };
        Self::new(code, reason, why.to_string())
    }
}
