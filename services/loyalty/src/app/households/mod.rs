//! Households: members who share their points.

mod create;
mod dissolve;
mod error;
mod invite;
mod join;
mod leave;
mod owed;
mod read;
#[cfg(test)]
mod tests;

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::transfer_details::Cause as Why;
use sqlx::PgConnection;
use uuid::Uuid;

use super::books::{Books, Posted};
use super::{AppError, Loyalty};
use crate::domain::households::Household;
use crate::domain::ledger::{Brought, Kind};
use crate::domain::program::{HouseholdPolicy, Program};
use crate::store::households as store;

pub(crate) use create::create;
pub(crate) use dissolve::dissolve;
pub(crate) use error::HouseholdsError;
pub(crate) use invite::invite;
pub(crate) use join::accept;
pub(crate) use leave::leave;
pub(crate) use owed::pay_out;
pub(crate) use read::{Shown, one, page};

/// The rules for households of a program.
fn policy(program: &Program) -> Result<&HouseholdPolicy, HouseholdsError> {
    let policy = program.document.households.as_ref();
    policy.ok_or(HouseholdsError::NotOffered)
}

/// A household, read after its pool was locked.
async fn found(db: &mut PgConnection, household_id: Uuid) -> Result<Household, AppError> {
    let found = store::find(db, household_id).await?;
    Ok(found.ok_or(HouseholdsError::NotFound)?)
}

/// Posts both sides of what a member brought to a pool, or took home from it.
fn post(
    books: &mut Books,
    (from, to): (Uuid, Uuid),
    (household_id, why): (Uuid, Why),
    brought: Brought,
) -> Result<(), AppError> {
    for (holder_id, counterpart_id, posting, incoming) in [
        (from, to, brought.out, false),
        (to, from, brought.into, true),
    ] {
        if posting.is_empty() {
            continue;
        }
        let details = contract::OperationDetails {
            program_version: books.holder(holder_id)?.program.version,
            details: Some(Details::Transfer(contract::TransferDetails {
                transfer_id: household_id.to_string(),
                counterpart_id: counterpart_id.to_string(),
                cause: why.into(),
                incoming,
            })),
        };
        let posted = Posted::new(holder_id, posting).own().about(household_id);
        books.post(posted.explained(Kind::Transfer, details))?;
    }
    Ok(())
}

/// A household as the answer to a change, which this transaction has written.
async fn told(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    household_id: Uuid,
) -> Result<contract::Household, AppError> {
    let shown = read::shown(loyalty, db, household_id).await?;
    Ok(crate::wire::households::household(&shown)?)
}
