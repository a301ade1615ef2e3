//! What it means for referrals that two memberships turn out to be one person's.

use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::referee_cause;
use crate::app::books::Books;
use crate::app::{AppError, Loyalty, grants};
use crate::domain::referrals::Refusal;
use crate::store::referrals::{self, lineage};
use crate::wire;

/// Notes that a member was merged into another one; both are open in the books. Where one of them
/// brought the other, the referral does not count any more.
pub(crate) async fn merged(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (merged, into): (Uuid, Uuid),
) -> Result<(), AppError> {
    lineage::merge(tx, merged, into).await?;
    let mut both = [merged, into];
    both.sort_unstable();
    for mut referral in referrals::of_referees(tx, &both).await? {
        let is_own = both.contains(&referral.referrer_id);
        if !is_own || referral.refused == Some(Refusal::SamePerson) {
            continue;
        }
        let referee_id = referral.referee_id;
        let cause = referee_cause(&referral);
        let taken = grants::revoke(loyalty, tx, books, referee_id, &cause, books.now()).await?;
        referral.kept = super::follow::kept_count(&taken);
        referral.refused = Some(Refusal::SamePerson);
        let event = wire::referrals::refused(&referral);
        books.announce(NewEvent::about(referee_id, Some(referee_id), &event));
        referrals::change(tx, &referral, Some(books.now())).await?;
    }
    Ok(())
}

/// Notes that the two are not one person after all; both are open in the books as they are from now
/// on. A referral between them counts again, as far as its purchases do.
pub(crate) async fn parted(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (merged, from): (Uuid, Uuid),
) -> Result<(), AppError> {
    lineage::part(tx, merged).await?;
    let mut both = [merged, from];
    both.sort_unstable();
    for referral in referrals::of_referees(tx, &both).await? {
        let is_own = both.contains(&referral.referrer_id);
        if is_own && referral.refused == Some(Refusal::SamePerson) {
            super::follow::look_again(loyalty, tx, books, &referral).await?;
        }
    }
    Ok(())
}
