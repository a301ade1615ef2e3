//! SQL and rows.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::{Database, DatabaseError};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::chain::{Entry, Hash, Head, Origin};

/// Where a batch of entries goes.
#[derive(Debug)]
pub(crate) struct Batch<'b> {
    pub(crate) chain_id: Uuid,
    pub(crate) started_at: Timestamp,
    /// Number of the entry before the first.
    pub(crate) before: i64,
    /// Number and hash of the last.
    pub(crate) sequence: i64,
    pub(crate) hash: &'b Hash,
    pub(crate) recorded_at: Timestamp,
}

/// Lists do not fit into lists of rows as SQL knows them; names and ids hold no commas.
fn joined<T: ToString>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// Writes entries behind the end of a chain, and moves its head, in one statement. False, and nothing
/// was written, when the chain does not end where the batch begins.
pub(crate) async fn append(
    db: &Database,
    batch: &Batch<'_>,
    entries: &[&Entry],
    hashes: &[Hash],
) -> Result<bool, DatabaseError> {
    let texts = |of: fn(&Entry) -> &str| -> Vec<String> {
        entries.iter().map(|entry| of(entry).to_owned()).collect()
    };
    let lists = |of: fn(&Entry) -> &[String]| -> Vec<String> {
        entries.iter().map(|entry| joined(of(entry))).collect()
    };
    let called_at: Vec<jiff_sqlx::Timestamp> = entries
        .iter()
        .map(|entry| entry.called_at.to_sqlx())
        .collect();
    let customers: Vec<String> = entries
        .iter()
        .map(|entry| joined(&entry.customer_ids))
        .collect();
    let kinds: Vec<i16> = entries.iter().map(|entry| entry.kind).collect();
    let codes: Vec<i16> = entries.iter().map(|entry| entry.code).collect();
    let partial: Vec<bool> = entries.iter().map(|entry| entry.partial).collect();
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let written = sqlx::query!(
        "WITH head AS (
             INSERT INTO audit_chains AS chain (chain_id, started_at, sequence, hash)
             VALUES ($1, $2, $4, $5)
             ON CONFLICT (chain_id) DO UPDATE
             SET sequence = excluded.sequence, hash = excluded.hash
             WHERE chain.sequence = $3
             RETURNING 1
         )
         INSERT INTO audit_entries (chain_id, sequence, recorded_at, called_at, actor, on_behalf_of,
             method, kind, code, customer_ids, resources, read_fields, written_fields, purpose,
             trace_id, partial, hash)
         SELECT $1, $3 + place, $6, called_at, actor, on_behalf_of, method, kind, code,
             string_to_array(customer_ids, ',')::uuid[], string_to_array(resources, ','),
             string_to_array(read_fields, ','), string_to_array(written_fields, ','), purpose,
             trace_id, partial, hash
         FROM unnest($7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::smallint[],
             $12::smallint[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
             $18::text[], $19::boolean[], $20::bytea[]) WITH ORDINALITY AS entry (called_at, actor,
             on_behalf_of, method, kind, code, customer_ids, resources, read_fields, written_fields,
             purpose, trace_id, partial, hash, place)
         WHERE EXISTS (SELECT FROM head)",
        batch.chain_id,
        batch.started_at.to_sqlx() as jiff_sqlx::Timestamp,
        batch.before,
        batch.sequence,
        batch.hash,
        batch.recorded_at.to_sqlx() as jiff_sqlx::Timestamp,
        &called_at as &[jiff_sqlx::Timestamp],
        &texts(|entry| &entry.actor),
        &texts(|entry| &entry.on_behalf_of),
        &texts(|entry| &entry.method),
        &kinds,
        &codes,
        &customers,
        &lists(|entry| &entry.resources),
        &lists(|entry| &entry.read_fields),
        &lists(|entry| &entry.written_fields),
        &texts(|entry| &entry.purpose),
        &texts(|entry| &entry.trace_id),
        &partial,
        &hashes,
    )
    .execute(db.pool())
    .await?;
    Ok(written.rows_affected() > 0)
}

/// Where a chain ends, as its head says.
pub(crate) async fn head(db: &Database, chain_id: Uuid) -> Result<Option<Head>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT sequence, hash FROM audit_chains WHERE chain_id = $1",
        chain_id,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| head_of(row.sequence, &row.hash)))
}

/// A hash that is none differs from all that are.
fn head_of(sequence: i64, hash: &[u8]) -> Head {
    let hash = Hash::try_from(hash).unwrap_or_default();
    Head { sequence, hash }
}

/// The chain after this one, by its head or by its entries.
pub(crate) async fn next_chain(
    db: &mut PgConnection,
    after: Option<Uuid>,
) -> Result<Option<Uuid>, DatabaseError> {
    // LEAST passes over what is null.
    let next = sqlx::query_scalar!(
        "SELECT LEAST(
             (SELECT chain_id FROM audit_chains WHERE $1::uuid IS NULL OR chain_id > $1
              ORDER BY chain_id LIMIT 1),
             (SELECT chain_id FROM audit_entries WHERE $1::uuid IS NULL OR chain_id > $1
              ORDER BY chain_id LIMIT 1))",
        after,
    )
    .fetch_one(db)
    .await?;
    Ok(next)
}

/// Where a chain begins and where it ends.
pub(crate) async fn bounds(
    db: &mut PgConnection,
    chain_id: Uuid,
) -> Result<(Origin, Option<Head>), DatabaseError> {
    let chain = sqlx::query!(
        "SELECT started_at, sequence, hash FROM audit_chains WHERE chain_id = $1",
        chain_id,
    )
    .fetch_optional(&mut *db)
    .await?;
    let anchor = sqlx::query!(
        "SELECT sequence, hash FROM audit_anchors WHERE chain_id = $1
         ORDER BY sequence DESC LIMIT 1",
        chain_id,
    )
    .fetch_optional(db)
    .await?;
    let origin = Origin {
        started_at: chain.as_ref().map(|chain| chain.started_at.to_jiff()),
        anchor: anchor.map(|anchor| head_of(anchor.sequence, &anchor.hash)),
    };
    Ok((
        origin,
        chain.map(|chain| head_of(chain.sequence, &chain.hash)),
    ))
}

/// An entry at its place, as it is read.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) chain_id: Uuid,
    pub(crate) sequence: i64,
    recorded_at: jiff_sqlx::Timestamp,
    called_at: jiff_sqlx::Timestamp,
    actor: String,
    on_behalf_of: String,
    method: String,
    kind: i16,
    code: i16,
    customer_ids: Vec<Uuid>,
    resources: Vec<String>,
    read_fields: Vec<String>,
    written_fields: Vec<String>,
    purpose: String,
    trace_id: String,
    partial: bool,
    pub(crate) hash: Vec<u8>,
}

impl Row {
    pub(crate) fn into_entry(self) -> Entry {
        Entry {
            recorded_at: self.recorded_at.to_jiff(),
            called_at: self.called_at.to_jiff(),
            actor: self.actor,
            on_behalf_of: self.on_behalf_of,
            method: self.method,
            kind: self.kind,
            code: self.code,
            customer_ids: self.customer_ids,
            resources: self.resources,
            read_fields: self.read_fields,
            written_fields: self.written_fields,
            purpose: self.purpose,
            trace_id: self.trace_id,
            partial: self.partial,
        }
    }
}

/// The next entries of a chain, in their order.
pub(crate) async fn entries_after(
    db: &mut PgConnection,
    chain_id: Uuid,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Row>, DatabaseError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT chain_id, sequence, recorded_at, called_at, actor, on_behalf_of, method, kind, code,
             customer_ids, resources, read_fields, written_fields, purpose, trace_id, partial, hash
         FROM audit_entries WHERE chain_id = $1 AND sequence > $2
         ORDER BY chain_id, sequence LIMIT $3",
        chain_id,
        sequence,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Which of these chains have no head.
pub(crate) async fn without_head(
    db: &mut PgConnection,
    chain_ids: &[Uuid],
) -> Result<Vec<Uuid>, DatabaseError> {
    let missing = sqlx::query_scalar!(
        r#"SELECT chain_id AS "chain_id!" FROM unnest($1::uuid[]) AS known (chain_id)
           WHERE NOT EXISTS (SELECT FROM audit_chains AS chain WHERE chain.chain_id = known.chain_id)
           ORDER BY 1"#,
        chain_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(missing)
}

/// The place of an entry in the list: newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) recorded_at: Timestamp,
    pub(crate) chain_id: Uuid,
    pub(crate) sequence: i64,
}

/// Which entries are listed.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) customer_id: Option<Uuid>,
    pub(crate) actor: Option<String>,
    pub(crate) since: Timestamp,
    /// The place that all of them stand before.
    pub(crate) before: Place,
    pub(crate) limit: i64,
}

/// Entries from the newest on.
pub(crate) async fn list(db: &Database, filter: &Filter) -> Result<Vec<Row>, DatabaseError> {
    let before = filter.before;
    let mut tx = db.begin().await?;
    // The best index depends on what is asked for, so it is planned for that.
    sqlx::query!("SET LOCAL plan_cache_mode = force_custom_plan")
        .execute(&mut *tx)
        .await?;
    let rows = sqlx::query_as!(
        Row,
        "SELECT chain_id, sequence, recorded_at, called_at, actor, on_behalf_of, method, kind, code,
             customer_ids, resources, read_fields, written_fields, purpose, trace_id, partial, hash
         FROM audit_entries
         WHERE ($1::uuid IS NULL OR customer_ids @> ARRAY[$1])
           AND ($2::text IS NULL OR actor = $2 OR (on_behalf_of <> '' AND on_behalf_of = $2))
           AND recorded_at >= $3
           AND (recorded_at, chain_id, sequence) < ($4, $5, $6)
         ORDER BY recorded_at DESC, chain_id DESC, sequence DESC LIMIT $7",
        filter.customer_id,
        filter.actor,
        filter.since.to_sqlx() as jiff_sqlx::Timestamp,
        before.recorded_at.to_sqlx() as jiff_sqlx::Timestamp,
        before.chain_id,
        before.sequence,
        filter.limit,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows)
}

/// Makes and drops partitions. Answers how many.
pub(crate) async fn upkeep(
    db: &Database,
    months_ahead: i32,
    months_kept: i32,
) -> Result<(i32, i32), DatabaseError> {
    let done = sqlx::query!(
        r#"SELECT created AS "created!", dropped AS "dropped!" FROM audit_upkeep($1, $2)"#,
        months_ahead,
        months_kept,
    )
    .fetch_one(db.pool())
    .await?;
    Ok((done.created, done.dropped))
}
