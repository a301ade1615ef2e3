//! Account holders: the row that is locked before anything else of a holder is read.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::State;
use crate::store::StoreError;
use crate::store::numbers::Numbered as _;

/// What a holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HolderKind {
    /// A member, under the customer's id.
    Member,
    /// The pool of a household.
    Pool,
}

/// A holder's own row.
#[derive(Clone, Debug)]
pub(crate) struct HolderRow {
    /// What it is.
    pub(crate) kind: HolderKind,
    /// The program by whose rules it has points.
    pub(crate) program_id: String,
    /// Whether points can be earned and spent.
    pub(crate) state: State,
    /// Since when.
    pub(crate) enrolled_at: Timestamp,
    /// The household whose pool the member shares.
    pub(crate) household_id: Option<Uuid>,
    /// The membership that this one was merged into, and the merge.
    pub(crate) merged: Option<Merged>,
}

/// Where a membership has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The membership that goes on for it.
    pub(crate) into: Uuid,
    /// By which merge.
    pub(crate) merge_id: Uuid,
}

impl Merged {
    /// Of the two columns, which are there together or not at all.
    pub(crate) fn of(into: Option<Uuid>, merge_id: Option<Uuid>) -> Option<Self> {
        let (into, merge_id) = into.zip(merge_id)?;
        Some(Self { into, merge_id })
    }
}

/// Makes customers members, and tells whom; a member stays what it is. The ids are in ascending
/// order.
pub(crate) async fn enrol_all(
    db: &mut PgConnection,
    customer_ids: &[Uuid],
    program_id: &str,
    now: Timestamp,
) -> Result<Vec<Uuid>, StoreError> {
    let enrolled = sqlx::query_scalar!(
        r#"
        INSERT INTO holders (holder_id, kind, program_id, state, enrolled_at)
        SELECT holder_id, $2, $3, $4, $5 FROM unnest($1::uuid[]) AS holder_id
        ON CONFLICT DO NOTHING
        RETURNING holder_id
        "#,
        customer_ids,
        HolderKind::Member.number(),
        program_id,
        State::Active.number(),
        now.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(enrolled)
}

/// Locks holders, in ascending order of their ids, until the end of the transaction; who is none is
/// left out. Whatever else belongs to them has to be read by later statements: this one may have
/// waited, and its snapshot is older than its locks. (The rows themselves are as they are locked.)
pub(crate) async fn lock(
    db: &mut PgConnection,
    holder_ids: &[Uuid],
) -> Result<HashMap<Uuid, HolderRow>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, kind, program_id, state, enrolled_at, household_id, merged_into,
            merge_id
        FROM holders
        WHERE holder_id = ANY ($1)
        ORDER BY holder_id
        FOR NO KEY UPDATE
        "#,
        holder_ids,
    )
    .fetch_all(db)
    .await?;
    let holders = rows.into_iter().map(|row| {
        let holder = HolderRow {
            kind: HolderKind::named(row.kind)?,
            program_id: row.program_id,
            state: State::named(row.state)?,
            enrolled_at: row.enrolled_at.to_jiff(),
            household_id: row.household_id,
            merged: Merged::of(row.merged_into, row.merge_id),
        };
        Ok((row.holder_id, holder))
    });
    holders.collect()
}

/// Reads a holder as it stands.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    holder_id: Uuid,
) -> Result<Option<HolderRow>, StoreError> {
    let row = sqlx::query!(
        "SELECT kind, program_id, state, enrolled_at, household_id, merged_into, merge_id
         FROM holders WHERE holder_id = $1",
        holder_id,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(HolderRow {
        kind: HolderKind::named(row.kind)?,
        program_id: row.program_id,
        state: State::named(row.state)?,
        enrolled_at: row.enrolled_at.to_jiff(),
        household_id: row.household_id,
        merged: Merged::of(row.merged_into, row.merge_id),
    }))
}

/// Whether there is such a member.
pub(crate) async fn is_member(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM holders WHERE holder_id = $1 AND kind = 1) AS "found!""#,
        customer_id,
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}
