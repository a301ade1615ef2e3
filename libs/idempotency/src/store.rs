use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};

use crate::Key;
use crate::fingerprint::Fingerprint;

/// What is stored under a key.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) request_digest: Vec<u8>,
    pub(crate) field_digests: Vec<u8>,
    pub(crate) reply: Option<Vec<u8>>,
    pub(crate) refusal: Option<Vec<u8>>,
}

/// Inserts the key, with its outcome when that is a refusal. False when it is there already; while
/// another transaction is inserting it, waits for the end of that one.
pub(crate) async fn insert(
    executor: impl PgExecutor<'_>,
    key: &Key,
    request: &Fingerprint,
    refusal: Option<&[u8]>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO idempotency_keys
             (caller, method, request_id, request_digest, field_digests, created_at, refusal)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT DO NOTHING",
        key.caller,
        key.method,
        key.request_id,
        request.request.as_slice(),
        request.fields,
        now.to_sqlx() as _,
        refusal,
    );
    Ok(inserted.execute(executor).await?.rows_affected() == 1)
}

/// Reads a key in a statement of its own: only that sees what the insert has waited for.
pub(crate) async fn load(
    executor: impl PgExecutor<'_>,
    key: &Key,
) -> Result<Option<Record>, sqlx::Error> {
    sqlx::query_as!(
        Record,
        "SELECT request_digest, field_digests, reply, refusal FROM idempotency_keys
         WHERE caller = $1 AND method = $2 AND request_id = $3",
        key.caller,
        key.method,
        key.request_id,
    )
    .fetch_optional(executor)
    .await
}

/// Writes the answer beside the key that this transaction has inserted.
pub(crate) async fn keep_reply(
    connection: &mut PgConnection,
    key: &Key,
    reply: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE idempotency_keys SET reply = $4
         WHERE caller = $1 AND method = $2 AND request_id = $3",
        key.caller,
        key.method,
        key.request_id,
        reply,
    )
    .execute(connection)
    .await
    .map(drop)
}
