use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::draws::{Digest, Seed, Tally};
use crate::store::StoreError;

/// A draw that has been opened.
#[derive(Clone, Debug)]
pub(crate) struct DrawRow {
    /// The program.
    pub(crate) program_id: String,
    /// The draw.
    pub(crate) draw_id: String,
    /// The version that it was opened by.
    pub(crate) program_version: i64,
    /// From when on tickets are taken.
    pub(crate) starts_at: Timestamp,
    /// Until when.
    pub(crate) ends_at: Timestamp,
    /// When it was opened.
    pub(crate) opened_at: Timestamp,
    /// What its seeds are computed from, under the services' key.
    pub(crate) nonce: Uuid,
    /// What was published.
    pub(crate) commitment: Digest,
    /// How many tickets there are.
    pub(crate) ticket_count: i64,
    /// The chain after the last of them.
    pub(crate) chain: Digest,
    /// What was given away.
    pub(crate) tally: Tally,
    /// How many segments' seeds have been told, and the latest of them.
    pub(crate) told: Option<(u32, Seed)>,
    /// When it was closed, and with which root.
    pub(crate) closing: Option<(Timestamp, Digest)>,
}

struct Columns {
    program_id: String,
    draw_id: String,
    program_version: i64,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    opened_at: jiff_sqlx::Timestamp,
    nonce: Uuid,
    commitment: Vec<u8>,
    ticket_count: i64,
    chain: Vec<u8>,
    won: Vec<i64>,
    spent_points: i64,
    told_segments: i32,
    seed: Option<Vec<u8>>,
    closed_at: Option<jiff_sqlx::Timestamp>,
    root: Option<Vec<u8>>,
}

impl TryFrom<Columns> for DrawRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let seed = row.seed.as_deref().map(digest).transpose()?;
        let told = u32::try_from(row.told_segments).unwrap_or_default();
        let root = row.root.as_deref().map(digest).transpose()?;
        let closed_at = row.closed_at.map(jiff_sqlx::Timestamp::to_jiff);
        Ok(Self {
            program_id: row.program_id,
            draw_id: row.draw_id,
            program_version: row.program_version,
            starts_at: row.starts_at.to_jiff(),
            ends_at: row.ends_at.to_jiff(),
            opened_at: row.opened_at.to_jiff(),
            nonce: row.nonce,
            commitment: digest(&row.commitment)?,
            ticket_count: row.ticket_count,
            chain: digest(&row.chain)?,
            tally: Tally {
                won: row.won,
                spent_points: row.spent_points,
            },
            told: seed.map(|seed| (told, Seed::new(seed))),
            closing: closed_at.zip(root),
        })
    }
}

/// A stored digest. The tables hold only such of 32 bytes.
pub(super) fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    Digest::from_slice(bytes).ok_or(StoreError::Digest)
}

macro_rules! draws {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Columns,
            r#"
            SELECT program_id, draw_id, program_version, starts_at, ends_at, opened_at, nonce,
                commitment, ticket_count, chain, won, spent_points, told_segments, seed, closed_at,
                root
            FROM draws
            "# + $rest
            $(, $argument)*
        )
    };
}

/// Opens a draw; `false` when it is open already.
pub(crate) async fn insert(db: &mut PgConnection, draw: &DrawRow) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        r#"
        INSERT INTO draws (program_id, draw_id, program_version, starts_at, ends_at, opened_at,
            nonce, commitment, chain, won)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (program_id, draw_id) DO NOTHING
        "#,
        draw.program_id,
        draw.draw_id,
        draw.program_version,
        draw.starts_at.to_sqlx() as _,
        draw.ends_at.to_sqlx() as _,
        draw.opened_at.to_sqlx() as _,
        draw.nonce,
        &draw.commitment.0,
        &draw.chain.0,
        &draw.tally.won,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A draw as it stands.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    program_id: &str,
    draw_id: &str,
) -> Result<Option<DrawRow>, StoreError> {
    let row = draws!(
        "WHERE program_id = $1 AND draw_id = $2",
        program_id,
        draw_id
    );
    row.fetch_optional(db)
        .await?
        .map(DrawRow::try_from)
        .transpose()
}

/// Locks a draw until the end of the transaction. Members are locked before.
pub(crate) async fn lock(
    db: &mut PgConnection,
    program_id: &str,
    draw_id: &str,
) -> Result<Option<DrawRow>, StoreError> {
    let row = draws!(
        "WHERE program_id = $1 AND draw_id = $2 FOR UPDATE",
        program_id,
        draw_id
    );
    row.fetch_optional(db)
        .await?
        .map(DrawRow::try_from)
        .transpose()
}

/// A page of a program's draws, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    program_id: &str,
    before: Option<&(Timestamp, String)>,
    limit: i64,
) -> Result<Vec<DrawRow>, StoreError> {
    let (starts_at, draw_id) = before.cloned().unzip();
    let rows = draws!(
        "WHERE program_id = $1
            AND ($2::timestamptz IS NULL OR (starts_at, draw_id) < ($2, $3::text))
        ORDER BY starts_at DESC, draw_id DESC
        LIMIT $4",
        program_id,
        starts_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        draw_id,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(DrawRow::try_from).collect()
}

/// Draws that are not closed, those that end first first.
pub(crate) async fn unfinished(
    db: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<DrawRow>, StoreError> {
    let rows = draws!(
        "WHERE closed_at IS NULL ORDER BY ends_at, program_id, draw_id LIMIT $1",
        limit
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(DrawRow::try_from).collect()
}

/// Writes where a draw stands after a ticket. It must be locked.
pub(crate) async fn count_ticket(db: &mut PgConnection, draw: &DrawRow) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE draws SET ticket_count = $3, chain = $4, won = $5, spent_points = $6
        WHERE program_id = $1 AND draw_id = $2
        "#,
        draw.program_id,
        draw.draw_id,
        draw.ticket_count,
        &draw.chain.0,
        &draw.tally.won,
        draw.tally.spent_points,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tells the seed of a segment, and with it those of all earlier ones.
pub(crate) async fn tell_seed(
    db: &mut PgConnection,
    draw: &DrawRow,
    segments: u32,
    seed: &Seed,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE draws SET told_segments = $3, seed = $4
        WHERE program_id = $1 AND draw_id = $2 AND told_segments < $3
        "#,
        draw.program_id,
        draw.draw_id,
        i32::try_from(segments).unwrap_or(i32::MAX),
        &seed.expose().0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes a draw. It must be locked.
pub(crate) async fn close(
    db: &mut PgConnection,
    draw: &DrawRow,
    root: &Digest,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE draws SET closed_at = $3, root = $4, won = $5, spent_points = $6
        WHERE program_id = $1 AND draw_id = $2
        "#,
        draw.program_id,
        draw.draw_id,
        now.to_sqlx() as _,
        &root.0,
        &draw.tally.won,
        draw.tally.spent_points,
    )
    .execute(db)
    .await?;
    Ok(())
}
