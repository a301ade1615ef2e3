use std::time::Duration;

use events::NewEvent;
use sqlx::PgTransaction;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::issue::{Mint, template};
use crate::app::{AppError, Loyalty};
use crate::domain::program::Program;
use crate::store::coupons::batches::{self, CouponBatch};
use crate::wire;

/// Coupons that are written in one transaction: enough that the round trips do not matter, few enough
/// that no feed is held back.
const AT_A_TIME: i64 = 5_000;
/// The most that one transaction may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often is looked for batches that another replica has begun or left.
const INTERVAL: Duration = Duration::from_secs(1);

/// Issues what was asked for in the background, until it is told to stop.
pub(crate) async fn run(loyalty: Loyalty, stop: CancellationToken) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        loop {
            match issue_next(&loyalty).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "coupons could not be issued; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Goes on with the oldest batch that is not complete and that nobody else is at work on. False:
/// there is none.
async fn issue_next(loyalty: &Loyalty) -> Result<bool, AppError> {
    let mut tx = loyalty.db.begin_with_deadline(PATIENCE).await?;
    let Some(mut batch) = batches::lock_next_open(&mut tx).await? else {
        return Ok(false);
    };
    let version = (batch.program_id.clone(), batch.program_version);
    let program = loyalty
        .programs
        .version(&mut tx, &version.0, version.1)
        .await?;
    let events = add(loyalty, &mut tx, &mut batch, &program, Vec::new()).await?;
    loyalty.outbox.append_all(&mut tx, &events).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(true)
}

/// Issues the next coupons of a batch, to these members or to nobody, and tells what is to be
/// announced.
pub(super) async fn add(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    batch: &mut CouponBatch,
    program: &Program,
    to: Vec<Uuid>,
) -> Result<Vec<NewEvent>, AppError> {
    let now = loyalty.now();
    let mint = Mint {
        clock: &loyalty.clock,
        program,
        template: template(program, &batch.template_id)?,
        batch_id: Some(batch.batch_id),
        // All coupons of a batch are valid alike, whenever their turn comes.
        now: batch.created_at,
    };
    let count = (batch.requested - batch.issued).min(AT_A_TIME);
    let to = if to.is_empty() {
        vec![None; usize::try_from(count).unwrap_or_default()]
    } else {
        to.into_iter().map(Some).collect()
    };
    let coupons = mint.write(tx, to).await?;
    batch.issued += count;
    let owned = coupons.iter().filter_map(|coupon| {
        let customer_id = coupon.customer_id?;
        let event = wire::coupons::issued_event(customer_id, coupon);
        Some(NewEvent::about(customer_id, Some(customer_id), &event))
    });
    let mut events: Vec<_> = owned.collect();
    if batch.issued == batch.requested {
        batch.completed_at = Some(now);
        let event = wire::coupons::batch_completed_event(batch);
        events.push(NewEvent::about(batch.batch_id, None, &event));
    }
    batches::update(tx, batch).await?;
    Ok(events)
}
