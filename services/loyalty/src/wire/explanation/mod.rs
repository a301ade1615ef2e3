//! The details of an operation in words: one sentence for each thing that decided, in the order in
//! which it did. Whoever reads them knows points, but not how Patron is built.

mod answers;
mod moved;
mod rated;
#[cfg(test)]
mod tests;
mod tier;

use contract::OperationDetails;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;

pub(crate) use answers::{operation, refusal, tier_change};

/// What explains an operation, a sentence each. Details that a newer release has written and this
/// one does not know are left out.
pub(crate) fn sentences(details: &OperationDetails) -> Vec<String> {
    let mut told = Vec::new();
    if details.program_version > 0 {
        told.push(format!(
            "Decided by version {} of the program.",
            details.program_version
        ));
    }
    match &details.details {
        Some(Details::Rated(rated)) => rated::tell(rated, &mut told),
        Some(Details::ClawBack(back)) => rated::tell_claw_back(back, &mut told),
        Some(Details::Accrual(accrual)) => moved::accrual(accrual, &mut told),
        Some(Details::Redemption(spent)) => moved::redemption(spent, &mut told),
        Some(Details::Restore(restored)) => moved::restore(restored, &mut told),
        Some(Details::Hold(held)) => moved::hold(held, &mut told),
        Some(Details::Release(released)) => moved::release(released, &mut told),
        Some(Details::Expiry(lapsed)) => moved::expiry(*lapsed, &mut told),
        Some(Details::Activation(active)) => moved::activation(active, &mut told),
        Some(Details::Transfer(moved)) => moved::transfer(moved, &mut told),
        Some(Details::Adjustment(adjusted)) => moved::adjustment(adjusted, &mut told),
        Some(Details::Grant(granted)) => moved::grant(granted, &mut told),
        Some(Details::Redate(redated)) => moved::redate(redated, &mut told),
        None => {}
    }
    told
}
