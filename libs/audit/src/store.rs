//! SQL and rows.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::{Database, DatabaseError};
use seal::{DataKey, Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::chain::{Batch, Hash, Head, Kept, Origin, Subjects};

/// A batch, and with what it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Append<'b> {
    /// When the chain was begun.
    pub(crate) started_at: Timestamp,
    pub(crate) batch: &'b Batch,
    pub(crate) subjects: &'b Subjects,
    pub(crate) hash: &'b Hash,
}

/// Writes a batch behind the end of a chain, and moves its head, in one statement. False, and nothing was
/// written, when the chain does not end where the batch begins.
pub(crate) async fn append(db: &Database, append: &Append<'_>) -> Result<bool, DatabaseError> {
    let Append {
        batch, subjects, ..
    } = append;
    let actors: Vec<String> = subjects.actors.iter().cloned().collect();
    let customer_ids: Vec<Uuid> = subjects.customer_ids.iter().copied().collect();
    let written = sqlx::query!(
        "WITH head AS (
             INSERT INTO audit_chains AS chain (chain_id, started_at, sequence, hash)
             VALUES ($1, $2, $4, $5)
             ON CONFLICT (chain_id) DO UPDATE
             SET sequence = excluded.sequence, hash = excluded.hash
             WHERE chain.sequence + 1 = $3
             RETURNING 1
         )
         INSERT INTO audit_batches (chain_id, first_sequence, last_sequence, recorded_at, actors,
             customer_ids, form, entries, hash)
         SELECT $1, $3, $4, $6, $7, $8, $10, $9, $5 WHERE EXISTS (SELECT FROM head)",
        batch.chain_id,
        append.started_at.to_sqlx() as jiff_sqlx::Timestamp,
        batch.first,
        batch.last,
        append.hash.as_slice(),
        batch.recorded_at.to_sqlx() as jiff_sqlx::Timestamp,
        &actors,
        &customer_ids,
        &batch.entries,
        batch.form,
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

/// The chain after this one, by its head or by its batches.
pub(crate) async fn next_chain(
    db: &mut PgConnection,
    after: Option<Uuid>,
) -> Result<Option<Uuid>, DatabaseError> {
    // LEAST passes over what is null.
    let next = sqlx::query_scalar!(
        "SELECT LEAST(
             (SELECT chain_id FROM audit_chains WHERE $1::uuid IS NULL OR chain_id > $1
              ORDER BY chain_id LIMIT 1),
             (SELECT chain_id FROM audit_batches WHERE $1::uuid IS NULL OR chain_id > $1
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

/// A row of batches, with the key of its chain.
struct Row {
    chain_id: Uuid,
    first_sequence: i64,
    last_sequence: i64,
    recorded_at: jiff_sqlx::Timestamp,
    actors: Vec<String>,
    customer_ids: Vec<Uuid>,
    form: i16,
    entries: Vec<u8>,
    hash: Vec<u8>,
    master_id: Option<String>,
    wrapped: Option<Vec<u8>>,
}

impl Row {
    fn kept(self, keyring: &Keyring) -> Kept {
        let key = self.key(keyring);
        let batch = Batch {
            chain_id: self.chain_id,
            first: self.first_sequence,
            last: self.last_sequence,
            recorded_at: self.recorded_at.to_jiff(),
            form: self.form,
            entries: self.entries,
        };
        Kept {
            packed: batch.open(key.as_ref()),
            batch,
            actors: self.actors,
            customer_ids: self.customer_ids,
            hash: self.hash,
        }
    }

    fn key(&self, keyring: &Keyring) -> Option<DataKey> {
        let wrapped = Wrapped {
            master_id: self.master_id.clone()?,
            bytes: self.wrapped.clone()?,
        };
        DataKey::unwrap(keyring, self.chain_id, &wrapped).ok()
    }
}

/// The next batches of a chain, in their order.
pub(crate) async fn batches_after(
    db: &mut PgConnection,
    keyring: &Keyring,
    (chain_id, sequence): (Uuid, i64),
    limit: i64,
) -> Result<Vec<Kept>, DatabaseError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT chain_id, first_sequence, last_sequence, recorded_at, actors, customer_ids, form, entries,
             hash, master_id AS "master_id?", wrapped AS "wrapped?"
         FROM audit_batches LEFT JOIN subject_keys ON customer_id = chain_id
         WHERE chain_id = $1 AND first_sequence > $2
         ORDER BY chain_id, first_sequence LIMIT $3"#,
        chain_id,
        sequence,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.kept(keyring)).collect())
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
}

/// Batches from the newest on that begin before a place, and in which both customer and actor are found.
pub(crate) async fn list(
    (db, keyring): (&Database, &Keyring),
    filter: &Filter,
    before: Place,
    limit: i64,
) -> Result<Vec<Kept>, DatabaseError> {
    let mut tx = db.begin().await?;
    // The best index depends on what is asked for, so it is planned for that.
    sqlx::query!("SET LOCAL plan_cache_mode = force_custom_plan")
        .execute(&mut *tx)
        .await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT chain_id, first_sequence, last_sequence, recorded_at, actors, customer_ids, form, entries,
             hash, master_id AS "master_id?", wrapped AS "wrapped?"
         FROM audit_batches LEFT JOIN subject_keys ON customer_id = chain_id
         WHERE ($1::uuid IS NULL OR customer_ids @> ARRAY[$1])
           AND ($2::text IS NULL OR actors @> ARRAY[$2])
           AND recorded_at >= $3
           AND (recorded_at, chain_id, first_sequence) < ($4, $5, $6)
         ORDER BY recorded_at DESC, chain_id DESC, first_sequence DESC LIMIT $7"#,
        filter.customer_id,
        filter.actor,
        filter.since.to_sqlx() as jiff_sqlx::Timestamp,
        before.recorded_at.to_sqlx() as jiff_sqlx::Timestamp,
        before.chain_id,
        before.sequence,
        limit,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| row.kept(keyring)).collect())
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
