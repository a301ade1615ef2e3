use chassis::{Deadline, Refusal};
use jiff::Timestamp;
use postgres::Database;
use prost::{Message, Name};
use tonic::{Response, Status};

use crate::asked::Asked;
use crate::error::refuse;
use crate::{Claimed, Keeping, Key};

/// Whether a request is new.
#[derive(Debug)]
pub enum Claim<Q, R> {
    /// It is: do the work in the claim's transaction, then [`finish`](Claimed::finish) it.
    Fresh(Claimed<Q, R>),
    /// It is not. The answer that it was given before, marked by [`REPLAYED`](crate::REPLAYED); or
    /// ALREADY_EXISTS `REQUEST_ID_CONFLICT`, when the request is another one; or FAILED_PRECONDITION
    /// `ANSWER_UNREADABLE`, when the key is gone under which the answer was sealed.
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
    keeping: &Keeping,
    deadline: Deadline,
    key: Key,
    request: &Q,
    now: Timestamp,
) -> Result<Claim<Q, R>, Refusal> {
    let asked = Asked::new(key, request, keeping.clone(), now);
    let begun = db.begin_with_deadline(deadline.remaining()).await;
    let mut tx = begun.map_err(refuse)?;
    if asked.insert(&mut *tx, None).await? {
        return Ok(Claim::Fresh(Claimed::new(db.clone(), tx, asked)));
    }
    let answer = asked.stored_answer::<Q, R>(&mut tx).await?;
    tx.rollback().await.map_err(refuse)?;
    Ok(Claim::Replayed(answer))
}
