//! From progress to what is given and taken back.

use std::collections::BTreeSet;

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::app::books::Books;
use crate::app::{AppError, Loyalty, grants};
use crate::domain::challenges::{Turn, milestones, progress};
use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::program::{Challenge, Goal, Grant, Milestone};
use crate::store::challenges::milestones::{self as store, Stretch};
use crate::store::challenges::{attempts, facts};

/// Computes the progress of a member in a cycle anew, and brings what it has been given in line with
/// it. Tells the milestones that were reached now.
pub(super) async fn settle(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (customer_id, challenge, cycle): (Uuid, &Challenge, &str),
) -> Result<Vec<i64>, AppError> {
    let cycle = Stretch {
        customer_id,
        challenge_id: challenge.challenge_id.as_str(),
        cycle,
    };
    let progress = match challenge.goal {
        Goal::Quiz { .. } => attempts::of_cycle(&mut **tx, cycle).await?.best,
        Goal::Counter { .. } | Goal::Streak { .. } => {
            let Stretch {
                customer_id,
                challenge_id,
                cycle,
            } = cycle;
            let days = facts::days(&mut **tx, customer_id, challenge_id, cycle).await?;
            progress(&challenge.goal, &days)
        }
    };
    let held: BTreeSet<i64> = store::held(&mut **tx, cycle).await?.into_keys().collect();
    let mut reached = Vec::new();
    for turn in milestones(&challenge.milestones, &held, progress) {
        match turn {
            Turn::Reached(milestone) => {
                reach(loyalty, tx, books, cycle, milestone).await?;
                reached.push(milestone.count);
            }
            Turn::Lost(count) => lose(loyalty, tx, books, cycle, count).await?,
        }
    }
    Ok(reached)
}

fn cause(cycle: Stretch<'_>, count: i64) -> GrantCause {
    let id = format!("{}/{}/{count}", cycle.challenge_id, cycle.cycle);
    GrantCause::new(CauseKind::Challenge, id)
}

async fn reach(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    cycle: Stretch<'_>,
    milestone: &Milestone,
) -> Result<(), AppError> {
    let (member, now) = (cycle.customer_id, books.now());
    let cause = cause(cycle, milestone.count);
    let given = grants::give(loyalty, tx, books, member, &milestone.grants, &cause, now).await?;
    store::reach(tx, cycle, milestone.count, now).await?;
    let event = contract::MilestoneReached {
        customer_id: member.to_string(),
        challenge_id: cycle.challenge_id.to_owned(),
        cycle: cycle.cycle.to_owned(),
        count: milestone.count,
    };
    books.announce(NewEvent::about(member, Some(member), &event));
    for given in &given {
        if let Grant::Badge(badge_id) = &given.grant {
            let event = contract::BadgeAwarded {
                customer_id: member.to_string(),
                badge_id: badge_id.as_str().to_owned(),
                challenge_id: cycle.challenge_id.to_owned(),
            };
            books.announce(NewEvent::about(member, Some(member), &event));
        }
    }
    Ok(())
}

async fn lose(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    cycle: Stretch<'_>,
    count: i64,
) -> Result<(), AppError> {
    let (member, now) = (cycle.customer_id, books.now());
    let cause = cause(cycle, count);
    let taken = grants::revoke(loyalty, tx, books, member, &cause, now).await?;
    let kept = taken.iter().filter(|given| given.kept > 0).count();
    let kept_count = i32::try_from(kept).unwrap_or(i32::MAX);
    store::lose(tx, cycle, count, kept_count, now).await?;
    let event = contract::MilestoneLost {
        customer_id: member.to_string(),
        challenge_id: cycle.challenge_id.to_owned(),
        cycle: cycle.cycle.to_owned(),
        count,
        kept_count,
    };
    books.announce(NewEvent::about(member, Some(member), &event));
    Ok(())
}
