use chassis::Refusal;
use jiff::Timestamp;
use postgres::Database;
use uuid::Uuid;

use crate::error::{CorruptRecord, refuse};
use crate::store;

/// A request that was refused for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// What was called.
    pub method: String,
    /// When.
    pub at: Timestamp,
    /// The answer.
    pub refusal: Refusal,
}

/// Looks up why the requests of a caller under an id were refused, over these methods: an id is
/// unique within a method only. Empty when none was, or was only put off.
///
/// # Errors
/// UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL: the database could not be asked.
pub async fn refused(
    db: &Database,
    caller: &str,
    methods: &[String],
    request_id: Uuid,
) -> Result<Vec<Refused>, Refusal> {
    let kept = store::refusals(db.pool(), caller, methods, request_id).await;
    let kept = kept.map_err(refuse)?.into_iter().map(|kept| {
        let refusal = Refusal::from_stored(&kept.refusal);
        Ok(Refused {
            method: kept.method,
            at: kept.created_at.to_jiff(),
            refusal: refusal.map_err(|corrupt| Refusal::internal(CorruptRecord::from(corrupt)))?,
        })
    });
    kept.collect()
}
