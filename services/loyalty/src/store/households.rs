//! Households, their members and invitations, and what members have spent of the pools.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::ledger::holders::HolderKind;
use super::numbers::Numbered as _;
use crate::domain::households::{Household, HouseholdMember, Invitation};
use crate::domain::ledger::{Points, State, WalletId};

/// What the books need to know of a pool.
pub(crate) struct PoolRow {
    /// The household.
    pub(crate) household_id: Uuid,
    /// What is pooled.
    pub(crate) wallet_ids: Vec<WalletId>,
    /// What members have spent.
    pub(crate) spending: Vec<SpendingRow>,
}

/// What a member has spent of a pool in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpendingRow {
    /// The household.
    pub(crate) household_id: Uuid,
    /// The member.
    pub(crate) customer_id: Uuid,
    /// The point currency.
    pub(crate) wallet_id: WalletId,
    /// The period.
    pub(crate) period: String,
    /// How many points.
    pub(crate) points: Points,
}

fn wallet_ids(codes: &[String]) -> Result<Vec<WalletId>, StoreError> {
    let parse = |code: &String| Ok(WalletId::parse(code)?);
    codes.iter().map(parse).collect()
}

/// Pools, whose holders are locked by this transaction.
pub(crate) async fn pools(
    db: &mut PgConnection,
    household_ids: &[Uuid],
) -> Result<Vec<PoolRow>, StoreError> {
    let rows = sqlx::query!(
        "SELECT household_id, wallet_ids FROM households WHERE household_id = ANY ($1)",
        household_ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let spending = spending(db, household_ids).await?;
    let pools = rows.into_iter().map(|row| {
        let own = spending
            .iter()
            .filter(|one| one.household_id == row.household_id);
        Ok(PoolRow {
            household_id: row.household_id,
            wallet_ids: wallet_ids(&row.wallet_ids)?,
            spending: own.cloned().collect(),
        })
    });
    pools.collect()
}

/// What members have spent of these pools.
pub(crate) async fn spending(
    db: impl PgExecutor<'_>,
    household_ids: &[Uuid],
) -> Result<Vec<SpendingRow>, StoreError> {
    let rows = sqlx::query!(
        "SELECT household_id, customer_id, wallet_id, period, points FROM household_spending
         WHERE household_id = ANY ($1)",
        household_ids,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| {
        Ok(SpendingRow {
            household_id: row.household_id,
            customer_id: row.customer_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            period: row.period,
            points: Points::new(row.points),
        })
    });
    rows.collect()
}

/// Sets what members have spent.
pub(crate) async fn set_spending(
    db: &mut PgConnection,
    rows: &[SpendingRow],
) -> Result<(), StoreError> {
    let households: Vec<Uuid> = rows.iter().map(|row| row.household_id).collect();
    let customers: Vec<Uuid> = rows.iter().map(|row| row.customer_id).collect();
    let wallets: Vec<&str> = rows.iter().map(|row| row.wallet_id.as_str()).collect();
    let periods: Vec<&str> = rows.iter().map(|row| row.period.as_str()).collect();
    let points: Vec<i64> = rows.iter().map(|row| row.points.get()).collect();
    sqlx::query!(
        r#"
        INSERT INTO household_spending (household_id, customer_id, wallet_id, period, points)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
        ON CONFLICT (household_id, customer_id, wallet_id)
        DO UPDATE SET period = excluded.period, points = excluded.points
        "#,
        &households,
        &customers,
        &wallets as _,
        &periods as _,
        &points,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a new household, with its pool and without members.
pub(crate) async fn insert(db: &mut PgConnection, new: &Household) -> Result<(), StoreError> {
    let codes: Vec<&str> = new.wallet_ids.iter().map(WalletId::as_str).collect();
    sqlx::query!(
        r#"
        WITH pool AS (
            INSERT INTO holders (holder_id, kind, program_id, state, enrolled_at)
            VALUES ($1, $2, $3, $4, $5)
        )
        INSERT INTO households
            (household_id, program_id, display_name, owner_customer_id, wallet_ids, created_at)
        VALUES ($1, $3, $6, $7, $8, $5)
        "#,
        new.household_id,
        HolderKind::Pool.number(),
        new.program_id,
        State::Active.number(),
        new.created_at.to_sqlx() as _,
        new.display_name,
        new.owner_id,
        &codes as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A household as it stands.
pub(crate) async fn find(
    db: &mut PgConnection,
    household_id: Uuid,
) -> Result<Option<Household>, StoreError> {
    let found = with_members(db, Selection::One(household_id)).await?;
    Ok(found.into_iter().next())
}

/// Households, the latest first, from the one after `before`.
pub(crate) async fn page(
    db: &mut PgConnection,
    before: Option<Uuid>,
    include_dissolved: bool,
    limit: i64,
) -> Result<Vec<Household>, StoreError> {
    let before = before.unwrap_or(Uuid::max());
    with_members(
        db,
        Selection::Page {
            before,
            include_dissolved,
            limit,
        },
    )
    .await
}

enum Selection {
    One(Uuid),
    Page {
        before: Uuid,
        include_dissolved: bool,
        limit: i64,
    },
}

async fn with_members(
    db: &mut PgConnection,
    selection: Selection,
) -> Result<Vec<Household>, StoreError> {
    let (one, before, include_dissolved, limit) = match selection {
        Selection::One(household_id) => (Some(household_id), Uuid::max(), true, 1),
        Selection::Page {
            before,
            include_dissolved,
            limit,
        } => (None, before, include_dissolved, limit),
    };
    let rows = sqlx::query!(
        r#"
        SELECT household_id, program_id, display_name, owner_customer_id, wallet_ids, created_at,
            dissolved_at
        FROM households
        WHERE ($1::uuid IS NULL OR household_id = $1) AND household_id < $2
            AND ($3 OR dissolved_at IS NULL)
        ORDER BY household_id DESC
        LIMIT $4
        "#,
        one,
        before,
        include_dissolved,
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.household_id).collect();
    let members = members(db, &ids).await?;
    let invitations = invitations(db, &ids).await?;
    let households = rows.into_iter().map(|row| {
        Ok(Household {
            household_id: row.household_id,
            program_id: row.program_id,
            display_name: row.display_name,
            owner_id: row.owner_customer_id,
            wallet_ids: wallet_ids(&row.wallet_ids)?,
            created_at: row.created_at.to_jiff(),
            dissolved_at: row.dissolved_at.map(jiff_sqlx::Timestamp::to_jiff),
            members: of(&members, row.household_id),
            invitations: of(&invitations, row.household_id),
        })
    });
    households.collect()
}

fn of<T: Copy>(all: &[(Uuid, T)], household_id: Uuid) -> Vec<T> {
    let own = all.iter().filter(|(of, _)| *of == household_id);
    own.map(|(_, one)| *one).collect()
}

async fn members(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, HouseholdMember)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT household_id, customer_id, joined_at FROM household_members
         WHERE household_id = ANY ($1) AND left_at IS NULL ORDER BY joined_at, customer_id",
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let member = HouseholdMember {
                customer_id: row.customer_id,
                joined_at: row.joined_at.to_jiff(),
            };
            (row.household_id, member)
        })
        .collect())
}

async fn invitations(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Invitation)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT household_id, customer_id, inviter_customer_id, expires_at
         FROM household_invitations WHERE household_id = ANY ($1) ORDER BY customer_id",
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let invitation = Invitation {
                customer_id: row.customer_id,
                inviter_id: row.inviter_customer_id,
                expires_at: row.expires_at.to_jiff(),
            };
            (row.household_id, invitation)
        })
        .collect())
}

/// Writes an invitation, in the place of an earlier one.
pub(crate) async fn invite(
    db: &mut PgConnection,
    household_id: Uuid,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO household_invitations
            (household_id, customer_id, inviter_customer_id, expires_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (household_id, customer_id)
        DO UPDATE SET inviter_customer_id = excluded.inviter_customer_id,
            expires_at = excluded.expires_at
        "#,
        household_id,
        invitation.customer_id,
        invitation.inviter_id,
        invitation.expires_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a member, who is locked by this transaction, has joined.
pub(crate) async fn join(
    db: &mut PgConnection,
    household_id: Uuid,
    customer_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        WITH invited AS (
            DELETE FROM household_invitations WHERE household_id = $1 AND customer_id = $2
        ), joined AS (
            INSERT INTO household_members (household_id, customer_id, joined_at)
            VALUES ($1, $2, $3)
            ON CONFLICT (household_id, customer_id)
            DO UPDATE SET joined_at = excluded.joined_at, left_at = NULL, is_owed = false
        )
        UPDATE holders SET household_id = $1 WHERE holder_id = $2
        "#,
        household_id,
        customer_id,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a member, who is locked by this transaction, has left; `is_owed`: with something still
/// to come.
pub(crate) async fn leave(
    db: &mut PgConnection,
    household_id: Uuid,
    customer_id: Uuid,
    is_owed: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        WITH gone AS (
            UPDATE household_members SET left_at = $3, is_owed = $4
            WHERE household_id = $1 AND customer_id = $2
        )
        UPDATE holders SET household_id = NULL WHERE holder_id = $2
        "#,
        household_id,
        customer_id,
        now.to_sqlx() as _,
        is_owed,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a household was dissolved.
pub(crate) async fn dissolve(
    db: &mut PgConnection,
    household_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        WITH invited AS (
            DELETE FROM household_invitations WHERE household_id = $1
        ), closed AS (
            UPDATE holders SET state = $3 WHERE holder_id = $1
        )
        UPDATE households SET dissolved_at = $2 WHERE household_id = $1
        "#,
        household_id,
        now.to_sqlx() as _,
        State::Closed.number(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Members who have left and are still owed points of a pool.
pub(crate) async fn owed(
    db: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT household_id, customer_id FROM household_members WHERE is_owed
         ORDER BY household_id, customer_id LIMIT $1",
        limit,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.household_id, row.customer_id))
        .collect())
}

/// Notes whether a member who has left is still owed something.
pub(crate) async fn set_owed(
    db: &mut PgConnection,
    household_id: Uuid,
    customer_id: Uuid,
    is_owed: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE household_members SET is_owed = $3
         WHERE household_id = $1 AND customer_id = $2 AND left_at IS NOT NULL",
        household_id,
        customer_id,
        is_owed,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a member has holds on a pool that are still open.
pub(crate) async fn has_holds(
    db: impl PgExecutor<'_>,
    household_id: Uuid,
    customer_id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM holds WHERE holder_id = $1 AND customer_id = $2 AND state = 1
        ) AS "found!"
        "#,
        household_id,
        customer_id,
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}
