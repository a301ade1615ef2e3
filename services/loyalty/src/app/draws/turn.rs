//! What becomes of draws because time passes: opened, told, closed, prizes given.

use jiff::{SignedDuration, Timestamp};

use super::enter::lock;
use super::{Frozen, close, open, prizes};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty};
use crate::domain::draws::Mode;
use crate::store::draws::{self, DrawRow};

/// How long after the end of a segment its seed stays secret, so that tickets which were under way
/// are decided by then.
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// Draws that are looked at in one turn.
const DRAWS: i64 = 500;

/// Does all that is due. Each step is a transaction of its own, and doing it twice or on several
/// replicas at once does no harm.
pub(crate) async fn turn(loyalty: &Loyalty) -> Result<(), AppError> {
    for program in loyalty.programs_in_force().await? {
        open::open_all(loyalty, &program).await?;
    }
    for row in draws::unfinished(loyalty.db.pool(), DRAWS).await? {
        let advanced = advance(loyalty, &row).await;
        set_aside(advanced, "the next step of a draw", &row.draw_id)?;
    }
    prizes::give_due(loyalty).await
}

async fn advance(loyalty: &Loyalty, row: &DrawRow) -> Result<(), AppError> {
    let now = loyalty.now();
    tell(loyalty, row, now).await?;
    if is_over(row.ends_at, now) {
        close::close(loyalty, row).await?;
    }
    Ok(())
}

fn is_over(end: Timestamp, now: Timestamp) -> bool {
    end.saturating_add(GRACE)
        .is_ok_and(|told_at| told_at <= now)
}

/// Tells the seeds of the segments of an instant draw that are over.
async fn tell(loyalty: &Loyalty, row: &DrawRow, now: Timestamp) -> Result<(), AppError> {
    let told = row.told.map_or(0, |(segments, _)| segments);
    let mut tx = loyalty.db.begin().await?;
    let frozen = Frozen::of(loyalty, &mut tx, row.clone()).await?;
    let rules = &frozen.rules;
    if rules.mode == Mode::AtEnd {
        // Its one seed is told when it is closed.
        return Ok(());
    }
    let over =
        (told..rules.segments()).take_while(|segment| is_over(rules.segment_end(*segment), now));
    let Some(latest) = over.last() else {
        return Ok(());
    };
    let frozen = lock(loyalty, &mut tx, &row.program_id, &row.draw_id).await?;
    if let Some(seed) = frozen.seeds(loyalty.secret.expose())?.seed(latest) {
        draws::tell_seed(&mut tx, &frozen.row, latest + 1, &seed).await?;
        tx.commit().await?;
    }
    Ok(())
}
