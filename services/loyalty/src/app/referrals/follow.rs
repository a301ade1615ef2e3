//! What purchases and returns mean for those who were brought.

use std::collections::BTreeSet;

use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::referee_cause;
use crate::app::books::Books;
use crate::app::{AppError, Loyalty, grants};
use crate::domain::Happened;
use crate::domain::grants::Given;
use crate::domain::program::ReferralPolicy;
use crate::domain::referrals::{BoughtOrder, Referral, Verdict, judge};
use crate::store::referrals::{self, orders};
use crate::wire;

/// Looks at the referrals of those who have bought or returned something. The sales are written, and
/// the members are open in the books. The one who came gets its reward here; that of the one who
/// brought waits for [`super::settle`], since this transaction does not have its lock.
///
/// Referrals stand by the policy under which they were made, also when the program has none any
/// more; so there is one look at them for each batch.
pub(crate) async fn follow(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    happened: &[Happened],
) -> Result<(), AppError> {
    let buyers = happened.iter().filter_map(|happened| match happened {
        Happened::Sale(sale) => Some(sale.customer_id),
        Happened::Act(_) | Happened::Joined { .. } => None,
    });
    let buyers: Vec<Uuid> = buyers.collect::<BTreeSet<_>>().into_iter().collect();
    if buyers.is_empty() {
        return Ok(());
    }
    let brought = referrals::of_referees(tx, &buyers).await?;
    if brought.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = brought.iter().map(|referral| referral.referee_id).collect();
    let mut orders = orders::of_members(tx, &ids).await?;
    for referral in brought {
        let orders = orders.remove(&referral.referee_id).unwrap_or_default();
        look_at(loyalty, tx, books, &referral, &orders).await?;
    }
    Ok(())
}

async fn look_at(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    before: &Referral,
    orders: &[BoughtOrder],
) -> Result<(), AppError> {
    let (program_id, version) = (&before.program_id, before.program_version);
    let program = loyalty.programs.version(tx, program_id, version).await?;
    let Some(policy) = &program.document.referrals else {
        return Ok(());
    };
    let verdict = judge(
        before.claimed_at,
        before.until,
        policy.minimum_order,
        orders,
    );
    let after = before.after(&verdict);
    if after == *before {
        return Ok(());
    }
    become_of(loyalty, tx, books, (before, after), (policy, &verdict)).await
}

/// Looks anew at a referral that did not count while both memberships were one.
pub(super) async fn look_again(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    refused: &Referral,
) -> Result<(), AppError> {
    let freed = Referral {
        refused: None,
        ..refused.clone()
    };
    let (program_id, version) = (&freed.program_id, freed.program_version);
    let program = loyalty.programs.version(tx, program_id, version).await?;
    let Some(policy) = &program.document.referrals else {
        return Ok(());
    };
    let orders = orders::of_members(tx, &[freed.referee_id]).await?;
    let orders = orders.get(&freed.referee_id).map_or(&[][..], Vec::as_slice);
    let verdict = judge(freed.claimed_at, freed.until, policy.minimum_order, orders);
    let after = freed.after(&verdict);
    // Its rewards were taken back, whatever purchase it had.
    let before = Referral {
        order: None,
        ..freed
    };
    become_of(loyalty, tx, books, (&before, after), (policy, &verdict)).await
}

async fn become_of(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (before, mut after): (&Referral, Referral),
    (policy, verdict): (&ReferralPolicy, &Verdict),
) -> Result<(), AppError> {
    reward(loyalty, tx, books, (before, &mut after), policy).await?;
    tell(books, before, &after, verdict);
    referrals::change(tx, &after, Some(books.now())).await?;
    Ok(())
}

/// Gives the one who came its reward, or takes it back. Another purchase in the place of one that
/// was returned leaves it where it is.
async fn reward(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (before, after): (&Referral, &mut Referral),
    policy: &ReferralPolicy,
) -> Result<(), AppError> {
    let (member, cause, now) = (after.referee_id, referee_cause(after), books.now());
    match (before.is_qualified(), after.is_qualified()) {
        (false, true) => {
            let gifts = &policy.referee_grants;
            grants::give(loyalty, tx, books, member, gifts, &cause, now).await?;
            after.kept = 0;
        }
        (true, false) => {
            let taken = grants::revoke(loyalty, tx, books, member, &cause, now).await?;
            after.kept = kept_count(&taken);
        }
        (false, false) | (true, true) => {}
    }
    Ok(())
}

/// How many things could not be taken back wholly.
pub(super) fn kept_count(taken: &[Given]) -> i32 {
    let kept = taken.iter().filter(|given| given.kept > 0).count();
    i32::try_from(kept).unwrap_or(i32::MAX)
}

fn tell(books: &mut Books, before: &Referral, after: &Referral, verdict: &Verdict) {
    let referee_id = after.referee_id;
    let about = Some(referee_id);
    match (&before.order, &after.order) {
        (before, Some((order_id, _))) if before.as_ref() != after.order.as_ref() => {
            let event = wire::referrals::qualified(after, order_id);
            books.announce(NewEvent::about(referee_id, about, &event));
        }
        (Some((order_id, _)), None) => {
            let event = wire::referrals::reversed(after, order_id, after.kept);
            books.announce(NewEvent::about(referee_id, about, &event));
        }
        _ => {}
    }
    if before.refused.is_none() && matches!(verdict, Verdict::BoughtBefore { .. }) {
        let event = wire::referrals::refused(after);
        books.announce(NewEvent::about(referee_id, about, &event));
    }
}
