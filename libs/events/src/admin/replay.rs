//! Applying parked events again.

use std::panic::AssertUnwindSafe;

use chassis::{Deadline, Refusal};
use contract::patron::events::v1::{Event, ReplayDeadLettersResponse};
use futures_util::FutureExt as _;
use prost::Message as _;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::letters::no_such_letter;
use super::{Inner, refuse};
use crate::{Handler, HandlerError, Incoming};

/// Most events that one call applies.
const MOST: u32 = 1_000;
/// Time of the call that is kept for its answer.
const RESERVE: std::time::Duration = std::time::Duration::from_millis(500);

/// What became of the oldest letter.
enum Outcome {
    Applied,
    NoneLeft,
    Failed(String),
}

struct Oldest {
    sequence: i64,
    source: String,
    shard: i16,
    event: Vec<u8>,
}

/// Applies the letters of a key in order, one transaction each, until one fails.
pub(super) async fn replay(admin: &Inner, key: Uuid) -> Result<ReplayDeadLettersResponse, Refusal> {
    let mut applied_count = 0;
    let failure = loop {
        if applied_count == MOST || is_late() {
            break "this call has done its share; call again for the rest".to_owned();
        }
        match apply_oldest(admin, key).await? {
            Outcome::Applied => applied_count += 1,
            Outcome::NoneLeft => break String::new(),
            Outcome::Failed(reason) => break reason,
        }
    };
    let remaining_count = remaining(admin, key).await?;
    if applied_count == 0 && remaining_count == 0 {
        return Err(no_such_letter());
    }
    let failure = if remaining_count == 0 {
        String::new()
    } else {
        failure
    };
    Ok(ReplayDeadLettersResponse {
        applied_count,
        remaining_count,
        failure,
    })
}

fn is_late() -> bool {
    Deadline::current().is_some_and(|deadline| deadline.remaining() < RESERVE)
}

/// The transaction locks the cursor of the letter's shard, as the consumer's do: so either the
/// consumer sees the letter and parks behind it, or it is gone and what follows may be applied.
async fn apply_oldest(admin: &Inner, key: Uuid) -> Result<Outcome, Refusal> {
    let mut tx = admin.db.begin().await.map_err(refuse)?;
    let Some(seen) = oldest(&mut tx, key).await.map_err(refuse)? else {
        return Ok(Outcome::NoneLeft);
    };
    lock_cursor(&mut tx, &seen).await.map_err(refuse)?;
    // Another replay may have applied it while this one waited for the lock.
    let Some(letter) = oldest(&mut tx, key).await.map_err(refuse)? else {
        return Ok(Outcome::NoneLeft);
    };
    if letter.sequence != seen.sequence {
        return Ok(Outcome::Failed(
            "another replay of the same events is under way".to_owned(),
        ));
    }
    let Some(consumer) = admin.consumers.get(&letter.source) else {
        return Ok(Outcome::Failed(format!(
            "the feed `{}` is consumed no longer",
            letter.source
        )));
    };
    if let Err(error) = handle(consumer.handler(), &mut tx, &letter).await {
        tx.rollback().await.map_err(refuse)?;
        let reason = error.to_string();
        record_failure(admin, &letter, key, &reason)
            .await
            .map_err(refuse)?;
        return Ok(Outcome::Failed(reason));
    }
    delete(&mut tx, key, letter.sequence)
        .await
        .map_err(refuse)?;
    tx.commit().await.map_err(refuse)?;
    Ok(Outcome::Applied)
}

async fn handle(
    handler: &dyn Handler,
    tx: &mut PgTransaction<'_>,
    letter: &Oldest,
) -> Result<(), HandlerError> {
    let event = Incoming::new(Event::decode(letter.event.as_slice())?)?;
    let handling = AssertUnwindSafe(event.traced(handler.handle(tx, &event)));
    handling
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(HandlerError::panicked(&panic)))
}

async fn oldest(connection: &mut PgConnection, key: Uuid) -> Result<Option<Oldest>, sqlx::Error> {
    sqlx::query_as!(
        Oldest,
        "SELECT sequence, source, shard, event FROM dead_letters
         WHERE parking_key = $1 AND given_up_at IS NULL ORDER BY sequence LIMIT 1",
        key,
    )
    .fetch_optional(connection)
    .await
}

async fn lock_cursor(connection: &mut PgConnection, letter: &Oldest) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT shard FROM consumer_cursors WHERE source = $1 AND shard = $2 FOR UPDATE",
        letter.source,
        letter.shard,
    )
    .fetch_optional(connection)
    .await
    .map(drop)
}

async fn delete(
    connection: &mut PgConnection,
    key: Uuid,
    sequence: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM dead_letters WHERE parking_key = $1 AND sequence = $2",
        key,
        sequence,
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn record_failure(
    admin: &Inner,
    letter: &Oldest,
    key: Uuid,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE dead_letters SET failed = true, reason = left($3, 2000), attempts = attempts + 1
         WHERE parking_key = $1 AND sequence = $2",
        key,
        letter.sequence,
        reason,
    )
    .execute(admin.db.pool())
    .await
    .map(drop)
}

async fn remaining(admin: &Inner, key: Uuid) -> Result<u32, Refusal> {
    let remaining = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM dead_letters
           WHERE parking_key = $1 AND given_up_at IS NULL"#,
        key,
    );
    let remaining = remaining.fetch_one(admin.db.pool()).await.map_err(refuse)?;
    Ok(u32::try_from(remaining).unwrap_or(u32::MAX))
}
