use chassis::{Deadline, Refusal};
use jiff::Timestamp;
use postgres::Database;
use prost::{Message, Name};
use sqlx::PgConnection;
use tonic::{Response, Status};

use crate::error::{CorruptRecord, refuse};
use crate::fingerprint::Fingerprint;
use crate::{Claimed, Key, outcome, store};

/// Whether a request is new.
#[derive(Debug)]
pub enum Claim<Q, R> {
    /// It is: do the work in the claim's transaction, then [`finish`](Claimed::finish) it.
    Fresh(Claimed<Q, R>),
    /// It is not. The answer that it was given before, marked by [`REPLAYED`](crate::REPLAYED); or
    /// ALREADY_EXISTS `REQUEST_ID_CONFLICT`, when the request is another one.
    Replayed(Result<Response<R>, Status>),
}

/// Claims the key of a request before its work begins. When another call is at work on the same
/// key, waits for it, as long as the database's lock time-out and the deadline allow.
///
/// # Errors
/// - ABORTED `REQUEST_IN_PROGRESS`: the other call took too long.
/// - UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL: the database could not be asked.
pub async fn claim<Q: Message + Name, R: Message + Default>(
    db: &Database,
    deadline: Deadline,
    key: Key,
    request: &Q,
    now: Timestamp,
) -> Result<Claim<Q, R>, Refusal> {
    let request = Fingerprint::of(&key, request);
    let mut tx = db
        .begin_with_deadline(deadline.remaining())
        .await
        .map_err(refuse)?;
    if store::insert(&mut *tx, &key, &request, None, now)
        .await
        .map_err(refuse)?
    {
        return Ok(Claim::Fresh(Claimed::new(
            db.clone(),
            tx,
            key,
            request,
            now,
        )));
    }
    let answer = stored_answer::<Q, R>(&mut tx, &key, &request).await?;
    tx.rollback().await.map_err(refuse)?;
    Ok(Claim::Replayed(answer))
}

/// What the record of a key that exists answers to a request.
pub(crate) async fn stored_answer<Q: Name, R: Message + Default>(
    connection: &mut PgConnection,
    key: &Key,
    request: &Fingerprint,
) -> Result<Result<Response<R>, Status>, Refusal> {
    let record = store::load(connection, key).await.map_err(refuse)?;
    let record = record.ok_or_else(|| Refusal::internal(CorruptRecord::Vanished))?;
    Ok(outcome::replay::<Q, R>(&record, request))
}
