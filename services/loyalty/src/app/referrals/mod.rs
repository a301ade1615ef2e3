//! Members who bring others.

pub(crate) mod claim;
pub(crate) mod code;
mod error;
pub(crate) mod follow;
pub(crate) mod merge;
pub(crate) mod read;
pub(crate) mod settle;

use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::referrals::Referral;

pub(crate) use error::ReferralsError;
pub(crate) use follow::follow;

/// Why the one who came is given something.
fn referee_cause(referral: &Referral) -> GrantCause {
    GrantCause::new(
        CauseKind::Referral,
        format!("{}/referee", referral.referral_id),
    )
}

/// Why the one who brought is given something.
fn referrer_cause(referral: &Referral) -> GrantCause {
    GrantCause::new(
        CauseKind::Referral,
        format!("{}/referrer", referral.referral_id),
    )
}

#[cfg(test)]
mod tests;
