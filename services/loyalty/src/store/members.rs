//! Members: the row that is locked before anything else of a member is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use super::programs::ProgramRow;
use crate::domain::{Balances, Points, Program, State, Wallet};

/// A member with its program.
#[derive(Debug)]
pub(crate) struct Membership {
    /// The accounts; no lots yet.
    pub(crate) wallet: Wallet,
    /// When the customer joined.
    pub(crate) enrolled_at: Timestamp,
    /// The program, in the version in force at the instant that was asked for.
    pub(crate) program: Program,
}

/// A member's own row.
pub(super) struct MemberRow {
    pub(super) state: i16,
    pub(super) available: i64,
    pub(super) pending: i64,
    pub(super) held: i64,
    pub(super) debt: i64,
    pub(super) lifetime_earned: i64,
    pub(super) entry_count: i64,
}

impl TryFrom<MemberRow> for Wallet {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            state: State::named(row.state)?,
            balances: Balances {
                available: Points::new(row.available),
                pending: Points::new(row.pending),
                held: Points::new(row.held),
                debt: Points::new(row.debt),
            },
            lifetime_earned: Points::new(row.lifetime_earned),
            entry_count: row.entry_count,
            lots: BTreeMap::new(),
        })
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
        INSERT INTO members (customer_id, program_id, state, enrolled_at)
        SELECT customer_id, $2, $3, $4 FROM unnest($1::uuid[]) AS customer_id
        ON CONFLICT DO NOTHING
        RETURNING customer_id
        "#,
        customer_ids,
        program_id,
        State::Active.number(),
        now.to_sqlx(),
    )
    .fetch_all(db)
    .await?;
    Ok(enrolled)
}

/// A member's accounts, and the program whose rules it earns by.
#[derive(Debug)]
pub(crate) struct Locked {
    /// The accounts; no lots yet.
    pub(crate) wallet: Wallet,
    /// The program.
    pub(crate) program_id: String,
}

/// Locks members, in ascending order of their ids, until the end of the transaction. As with
/// [`lock`], whatever else belongs to them has to be read by later statements.
pub(crate) async fn lock_all(
    db: &mut PgConnection,
    customer_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Locked>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, program_id, state, available, pending, held, debt, lifetime_earned,
            entry_count
        FROM members
        WHERE customer_id = ANY ($1)
        ORDER BY customer_id
        FOR UPDATE
        "#,
        customer_ids,
    )
    .fetch_all(db)
    .await?;
    let members = rows.into_iter().map(|row| {
        let wallet = Wallet::try_from(MemberRow {
            state: row.state,
            available: row.available,
            pending: row.pending,
            held: row.held,
            debt: row.debt,
            lifetime_earned: row.lifetime_earned,
            entry_count: row.entry_count,
        })?;
        let program_id = row.program_id;
        Ok((row.customer_id, Locked { wallet, program_id }))
    });
    members.collect()
}

/// Both reads of a membership: the columns, and the program's version in force at `$2`.
macro_rules! membership {
    ($db:expr, $customer_id:expr, $at:expr, $lock:literal) => {{
        let row = sqlx::query!(
            r#"
            SELECT m.state, m.enrolled_at, m.available, m.pending, m.held, m.debt,
                m.lifetime_earned, m.entry_count, m.program_id, p.version, p.display_name,
                p.point_currency, p.decimals, p.time_zone, p.points_per_currency_unit, p.rounding,
                p.minimum_redemption
            FROM members m
            CROSS JOIN LATERAL (
                SELECT v.* FROM program_versions v
                WHERE v.program_id = m.program_id AND (v.in_force_from <= $2 OR v.version = 1)
                ORDER BY v.version DESC
                LIMIT 1
            ) p
            WHERE m.customer_id = $1
            "# + $lock,
            $customer_id,
            $at.to_sqlx(),
        )
        .fetch_optional($db)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let wallet = Wallet::try_from(MemberRow {
            state: row.state,
            available: row.available,
            pending: row.pending,
            held: row.held,
            debt: row.debt,
            lifetime_earned: row.lifetime_earned,
            entry_count: row.entry_count,
        })?;
        let program = Program::try_from(ProgramRow {
            program_id: row.program_id,
            version: row.version,
            display_name: row.display_name,
            point_currency: row.point_currency,
            decimals: row.decimals,
            time_zone: row.time_zone,
            points_per_currency_unit: row.points_per_currency_unit,
            rounding: row.rounding,
            minimum_redemption: row.minimum_redemption,
        })?;
        Ok(Some(Membership {
            wallet,
            enrolled_at: row.enrolled_at.to_jiff(),
            program,
        }))
    }};
}

/// Locks the member until the end of the transaction. Whatever else belongs to the member has to
/// be read by later statements: this one may have waited, and its snapshot is older than the lock.
/// (Versions of a program never change, so that they come along does no harm.)
pub(crate) async fn lock(
    db: &mut PgConnection,
    customer_id: Uuid,
    at: Timestamp,
) -> Result<Option<Membership>, StoreError> {
    membership!(db, customer_id, at, "FOR UPDATE OF m")
}

/// Reads the member as it stands.
pub(crate) async fn read(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    at: Timestamp,
) -> Result<Option<Membership>, StoreError> {
    membership!(db, customer_id, at, "")
}

/// Whether the customer is a member.
pub(crate) async fn exists(db: impl PgExecutor<'_>, customer_id: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM members WHERE customer_id = $1) AS "found!""#,
        customer_id,
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}
