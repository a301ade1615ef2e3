use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::Key;
use crate::batch::{Outcome, Request};
use crate::keeping::{Answer, Digests};

/// What is stored under a key.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) sealed_by: Option<String>,
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
    digests: &Digests<'_>,
    refusal: Option<&[u8]>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO idempotency_keys
             (caller, method, request_id, sealed_by, request_digest, field_digests, created_at,
              refusal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT DO NOTHING",
        key.caller,
        key.method,
        key.request_id,
        digests.sealed_by,
        digests.request.as_ref(),
        digests.fields.as_ref(),
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
        "SELECT sealed_by, request_digest, field_digests, reply, refusal FROM idempotency_keys
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
    answer: &Answer,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE idempotency_keys SET reply = $4, named = $5
         WHERE caller = $1 AND method = $2 AND request_id = $3",
        key.caller,
        key.method,
        key.request_id,
        answer.bytes,
        answer.named.as_deref(),
    )
    .execute(connection)
    .await
    .map(drop)
}

/// The refusals that are kept under a request id of a caller, by method.
pub(crate) async fn refusals(
    executor: impl PgExecutor<'_>,
    caller: &str,
    methods: &[String],
    request_id: Uuid,
) -> Result<Vec<KeptRefusal>, sqlx::Error> {
    sqlx::query_as!(
        KeptRefusal,
        r#"SELECT method, created_at AS "created_at: jiff_sqlx::Timestamp", refusal AS "refusal!"
           FROM idempotency_keys
           WHERE caller = $1 AND method = ANY ($2) AND request_id = $3 AND refusal IS NOT NULL
           ORDER BY created_at, method"#,
        caller,
        methods,
        request_id,
    )
    .fetch_all(executor)
    .await
}

/// A refusal as it is kept.
#[derive(Debug)]
pub(crate) struct KeptRefusal {
    pub(crate) method: String,
    pub(crate) created_at: jiff_sqlx::Timestamp,
    pub(crate) refusal: Vec<u8>,
}

/// Reads several keys; beside each record the place of its key.
pub(crate) async fn load_all(
    connection: &mut PgConnection,
    keys: &[&Key],
) -> Result<Vec<(usize, Record)>, sqlx::Error> {
    let ids: Vec<Uuid> = keys.iter().map(|key| key.request_id).collect();
    let callers: Vec<&str> = keys.iter().map(|key| key.caller.as_str()).collect();
    let methods: Vec<&str> = keys.iter().map(|key| key.method).collect();
    let rows = sqlx::query!(
        r#"SELECT asked.place AS "place!", k.sealed_by, k.request_digest, k.field_digests, k.reply,
                  k.refusal
           FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY
               AS asked (request_id, caller, method, place)
           JOIN idempotency_keys k USING (request_id, caller, method)"#,
        &ids,
        &callers as &[&str],
        &methods as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let numbered = rows.into_iter().filter_map(|row| {
        let place = usize::try_from(row.place).ok()?.checked_sub(1)?;
        let record = Record {
            sealed_by: row.sealed_by,
            request_digest: row.request_digest,
            field_digests: row.field_digests,
            reply: row.reply,
            refusal: row.refusal,
        };
        Some((place, record))
    });
    Ok(numbered.collect())
}

/// Inserts keys with their outcomes, in ascending order. False when one of them was there before, and
/// then the transaction can only be rolled back. Where another transaction is inserting one of them,
/// waits for its end.
pub(crate) async fn insert_all(
    connection: &mut PgConnection,
    outcomes: &[(&Request, &Outcome)],
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let mut outcomes = outcomes.to_vec();
    outcomes.sort_unstable_by_key(|(request, _)| &request.key);
    let columns = Columns::of(&outcomes);
    // Without ON CONFLICT, which costs each row two more records of the log: repetitions are rare.
    let inserted = sqlx::query!(
        "INSERT INTO idempotency_keys (request_id, caller, method, request_digest, field_digests,
             created_at, reply, refusal)
         SELECT request_id, caller, method, request_digest, field_digests, $8, reply, refusal
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[],
             $7::bytea[])
             AS new (request_id, caller, method, request_digest, field_digests, reply, refusal)",
        &columns.ids,
        &columns.callers as &[&str],
        &columns.methods as &[&str],
        &columns.digests as &[&[u8]],
        &columns.fields as &[&[u8]],
        &columns.replies as &[Option<&[u8]>],
        &columns.refusals as &[Option<&[u8]>],
        now.to_sqlx() as _,
    )
    .execute(connection)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Keys with outcomes as columns, the way in which one statement takes many rows.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    callers: Vec<&'a str>,
    methods: Vec<&'a str>,
    digests: Vec<&'a [u8]>,
    fields: Vec<&'a [u8]>,
    replies: Vec<Option<&'a [u8]>>,
    refusals: Vec<Option<&'a [u8]>>,
}

impl<'a> Columns<'a> {
    fn of(outcomes: &[(&'a Request, &'a Outcome)]) -> Self {
        let mut columns = Self::default();
        for &(request, outcome) in outcomes {
            columns.ids.push(request.key.request_id);
            columns.callers.push(&request.key.caller);
            columns.methods.push(request.key.method);
            columns.digests.push(&request.fingerprint.request);
            columns.fields.push(&request.fingerprint.fields);
            columns.replies.push(outcome.reply());
            columns.refusals.push(outcome.refusal());
        }
        columns
    }
}
