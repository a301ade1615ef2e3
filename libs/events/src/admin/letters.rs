//! Listing dead letters and giving them up.

use chassis::Refusal;
use chassis::paging::{Scope, page_size};
use contract::patron::events::v1::{
    DeadLetter, Event, ListDeadLettersRequest, ListDeadLettersResponse,
};
use contract::patron::r#type::v1::ErrorReason;
use contract::time;
use jiff_sqlx::ToSqlx as _;
use prost::Message as _;
use tonic::Code;
use uuid::Uuid;

use super::{Inner, parking_key, refuse};

const METHOD: &str = "patron.events.v1.EventAdminService/ListDeadLetters";
const DEFAULT_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;

struct Record {
    sequence: i64,
    parking_key: Uuid,
    event: Vec<u8>,
    reason: String,
    attempts: i32,
    parked_at: jiff_sqlx::Timestamp,
    failed: bool,
}

/// A page of the letters that are still parked, in the order of their parking.
pub(super) async fn list(
    admin: &Inner,
    request: &ListDeadLettersRequest,
) -> Result<ListDeadLettersResponse, Refusal> {
    let scope = Scope {
        method: METHOD,
        filters: &[&request.parking_key],
    };
    let after: Option<i64> = admin.tokens.decode(scope, &request.page_token)?;
    let key = match request.parking_key.as_str() {
        "" => None,
        key => Some(parking_key(key)?),
    };
    let size = page_size(request.page_size, DEFAULT_PAGE, LARGEST_PAGE);
    // One more than asked for tells whether there is another page.
    let mut records = read(admin, key, after.unwrap_or_default(), i64::from(size) + 1).await?;
    let has_more = records.len() > usize::from(size);
    records.truncate(usize::from(size));
    let next_page_token = match records.last() {
        Some(last) if has_more => admin.tokens.encode(scope, &last.sequence)?,
        _ => String::new(),
    };
    let dead_letters = records
        .into_iter()
        .map(Record::letter)
        .collect::<Result<_, _>>()?;
    Ok(ListDeadLettersResponse {
        dead_letters,
        next_page_token,
    })
}

async fn read(
    admin: &Inner,
    key: Option<Uuid>,
    after: i64,
    limit: i64,
) -> Result<Vec<Record>, Refusal> {
    let records = sqlx::query_as!(
        Record,
        "SELECT sequence, parking_key, event, reason, attempts, parked_at, failed
         FROM dead_letters
         WHERE given_up_at IS NULL AND sequence > $1 AND ($2::uuid IS NULL OR parking_key = $2)
         ORDER BY sequence LIMIT $3",
        after,
        key,
        limit,
    );
    records.fetch_all(admin.db.pool()).await.map_err(refuse)
}

impl Record {
    fn letter(self) -> Result<DeadLetter, Refusal> {
        Ok(DeadLetter {
            event: Some(Event::decode(self.event.as_slice()).map_err(Refusal::internal)?),
            parking_key: self.parking_key.to_string(),
            reason: self.reason,
            attempts: self.attempts.cast_unsigned(),
            park_time: Some(time::timestamp(self.parked_at.to_jiff())),
            failed: self.failed,
        })
    }
}

/// Gives up one letter, which must be the oldest of its key, and counts those that remain. The
/// record of it stays, without the event's content.
pub(super) async fn give_up(
    admin: &Inner,
    event_id: Uuid,
    by: &str,
    reason: &str,
) -> Result<u32, Refusal> {
    let mut tx = admin.db.begin().await.map_err(refuse)?;
    let given_up = sqlx::query_scalar!(
        "UPDATE dead_letters AS letter
         SET given_up_at = $2, given_up_by = $3, given_up_reason = $4, event = ''
         WHERE event_id = $1 AND given_up_at IS NULL
           AND NOT EXISTS (
               SELECT FROM dead_letters AS older
               WHERE older.parking_key = letter.parking_key AND older.given_up_at IS NULL
                 AND older.sequence < letter.sequence)
         RETURNING parking_key",
        event_id,
        admin.clock.now().to_sqlx() as jiff_sqlx::Timestamp,
        by,
        reason,
    );
    let key = given_up
        .fetch_optional(&mut *tx)
        .await
        .map_err(refuse)?
        .ok_or_else(no_such_letter)?;
    let remaining = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM dead_letters
           WHERE parking_key = $1 AND given_up_at IS NULL"#,
        key,
    );
    let remaining = remaining.fetch_one(&mut *tx).await.map_err(refuse)?;
    tx.commit().await.map_err(refuse)?;
    tracing::warn!(event.id = %event_id, parking_key = %key, "a dead letter was given up");
    Ok(u32::try_from(remaining).unwrap_or(u32::MAX))
}

/// The answer when nothing is parked under an id or key.
pub(super) fn no_such_letter() -> Refusal {
    let message = "no such event is parked, or it is not the oldest of its customer or subject";
    Refusal::new(Code::NotFound, ErrorReason::DeadLetterNotFound, message)
}
