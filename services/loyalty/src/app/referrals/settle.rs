//! Rewards of those who brought others. Each is settled by a transaction that locks that member, so
//! the purchase of one member never waits for another one, and limits are exact.

use calendar::Zone;
use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::follow::kept_count;
use super::referrer_cause;
use crate::app::books::{Books, Need};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty, grants};
use crate::domain::State;
use crate::domain::program::{Limit, Program, ReferralPolicy};
use crate::domain::referrals::{Referral, ReferrerReward};
use crate::store::referrals::{self, rewards};
use crate::wire;

/// Members that are settled in one turn, and referrals of one of them in one transaction.
const MEMBERS: i64 = 100;
const REFERRALS: i64 = 100;

/// Settles what waits, as much as one turn takes. True: something was settled.
pub(crate) async fn settle(loyalty: &Loyalty) -> Result<bool, AppError> {
    let due = rewards::due(loyalty.db.pool(), MEMBERS).await?;
    let mut is_any_settled = false;
    for referrer_id in due {
        let settled = settle_member(loyalty, referrer_id).await;
        is_any_settled |= set_aside(settled, "the reward of a referrer", referrer_id)?;
    }
    Ok(is_any_settled)
}

async fn settle_member(loyalty: &Loyalty, referrer_id: Uuid) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let mut books = Books::open(loyalty, &mut tx, &[Need::of(referrer_id)]).await?;
    let due = rewards::due_of(&mut tx, referrer_id, REFERRALS).await?;
    for referral in referrals::of_referees(&mut tx, &due).await? {
        settle_one(loyalty, &mut tx, &mut books, referral).await?;
    }
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}

async fn settle_one(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    mut referral: Referral,
) -> Result<(), AppError> {
    let (program_id, version) = (&referral.program_id, referral.program_version);
    let program = loyalty.programs.version(tx, program_id, version).await?;
    if let Some(policy) = &program.document.referrals {
        let wanted = wanted(tx, books, &program, policy, &referral).await?;
        let had = referral.referrer;
        referral.referrer = wanted;
        match (
            had == ReferrerReward::Given,
            wanted == ReferrerReward::Given,
        ) {
            (false, true) => give(loyalty, tx, books, &referral, policy).await?,
            (true, false) => take_back(loyalty, tx, books, &mut referral).await?,
            (false, false) | (true, true) => {}
        }
    }
    referrals::change(tx, &referral, None).await?;
    Ok(())
}

/// What the one who brought is to have of it.
async fn wanted(
    tx: &mut PgTransaction<'_>,
    books: &Books,
    program: &Program,
    policy: &ReferralPolicy,
    referral: &Referral,
) -> Result<ReferrerReward, AppError> {
    let ordered_at = referral.order.as_ref().map(|(_, ordered_at)| *ordered_at);
    let Some(ordered_at) = ordered_at.filter(|_| referral.is_qualified()) else {
        return Ok(ReferrerReward::None);
    };
    if referral.referrer == ReferrerReward::Given {
        return Ok(ReferrerReward::Given);
    }
    let holder = books.holder(referral.referrer_id);
    if holder.is_ok_and(|holder| holder.state == State::Closed) {
        return Ok(ReferrerReward::NotActive);
    }
    let Some(limit) = policy.referrer_limit else {
        return Ok(ReferrerReward::Given);
    };
    let (from, until) = span(limit, &program.document.zone, ordered_at);
    let given = rewards::given(tx, referral.referrer_id, from, until).await?;
    Ok(if given < i64::from(limit.times) {
        ReferrerReward::Given
    } else {
        ReferrerReward::LimitReached
    })
}

/// The instants of the limit's period that a purchase falls into.
fn span(limit: Limit, zone: &Zone, at: Timestamp) -> (Timestamp, Timestamp) {
    let days = limit.period.bucket(zone.date_of(at)).days();
    (zone.start_of(days.first), zone.end_of(days.last))
}

async fn give(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    referral: &Referral,
    policy: &ReferralPolicy,
) -> Result<(), AppError> {
    let (member, now) = (referral.referrer_id, books.now());
    let cause = referrer_cause(referral);
    let gifts = &policy.referrer_grants;
    grants::give(loyalty, tx, books, member, gifts, &cause, now).await?;
    // Counted by the next one of this turn.
    referrals::change(tx, referral, None).await?;
    let event = wire::referrals::rewarded(referral);
    books.announce(NewEvent::about(member, Some(member), &event));
    Ok(())
}

async fn take_back(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    referral: &mut Referral,
) -> Result<(), AppError> {
    let (member, now) = (referral.referrer_id, books.now());
    let cause = referrer_cause(referral);
    let taken = grants::revoke(loyalty, tx, books, member, &cause, now).await?;
    let kept = kept_count(&taken);
    referral.kept = referral.kept.saturating_add(kept);
    // One that the limit had held back may take its place.
    rewards::move_up(tx, member, now, REFERRALS).await?;
    let event = wire::referrals::reversed(referral, "", kept);
    books.announce(NewEvent::about(member, Some(member), &event));
    Ok(())
}
