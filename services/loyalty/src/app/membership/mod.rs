//! The life of memberships: joining by hand, pausing, ending, cards, and two that are merged.

mod again;
pub(crate) mod cards;
mod chain;
mod close;
mod enrol;
mod error;
mod follow;
mod gone;
mod merge;
mod read;
mod step;
mod unmerge;

use std::time::Duration;

use chassis::Deadline;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::books::Books;
use super::{AppError, Call, Loyalty};
use crate::domain::ledger::State;
use crate::domain::membership::ChangeKind;
use crate::store::membership::changes::{self, Change};

pub(crate) use again::keep_following;
#[cfg(test)]
pub(crate) use again::turn as follow_again;
pub(crate) use close::close;
pub(crate) use enrol::enrol;
pub(crate) use error::MembershipError;
pub(crate) use follow::follow;
pub(crate) use gone::gone;
pub(crate) use merge::merge;
pub(crate) use read::{changes as history, lookup, merges};
pub(crate) use step::{reactivate, suspend};
pub(crate) use unmerge::unmerge;

/// A change of a membership by a caller.
struct Deed<'a> {
    customer_id: Uuid,
    kind: ChangeKind,
    state: State,
    reason: &'a str,
    other: Option<Uuid>,
}

/// Records a change of a membership that is locked.
async fn record(
    db: &mut PgConnection,
    books: &Books,
    call: &Call,
    deed: Deed<'_>,
) -> Result<(), AppError> {
    let change = Change {
        customer_id: deed.customer_id,
        number: 0,
        kind: deed.kind,
        state: deed.state,
        reason: deed.reason.to_owned(),
        changed_by: call.caller.clone(),
        changed_at: books.now(),
        other_customer_id: deed.other,
    };
    Ok(changes::insert(db, &change).await?)
}

/// Announces something of a member.
fn announce<P: prost::Message + prost::Name>(books: &mut Books, customer_id: Uuid, event: &P) {
    books.announce(NewEvent::about(customer_id, Some(customer_id), event));
}

/// A member as the answer to a change, which this transaction has written.
async fn told(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<contract::Member, AppError> {
    let membership = super::read::member_in(loyalty, db, customer_id).await?;
    Ok(crate::wire::member(customer_id, &membership)?)
}

/// The profile service, when something follows from what it announces.
const FOLLOWER: &str = "service:profile";

/// The call by which it does.
fn follower() -> Call {
    Call {
        caller: FOLLOWER.to_owned(),
        deadline: Deadline::after(Duration::from_mins(1)),
    }
}

/// Keeps what was done, or takes it back when a membership forbids it. Other errors are not for here.
async fn settle(
    attempt: PgTransaction<'_>,
    done: Result<(), AppError>,
) -> Result<Result<(), MembershipError>, AppError> {
    match done {
        Ok(()) => {
            attempt.commit().await?;
            Ok(Ok(()))
        }
        Err(AppError::Membership(error)) => {
            attempt.rollback().await?;
            Ok(Err(error))
        }
        Err(error) => Err(error),
    }
}
