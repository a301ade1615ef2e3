//! How often members have used what they are entitled to.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;

/// A use of a benefit.
#[derive(Clone, Debug)]
pub(crate) struct UseRow {
    pub(crate) benefit_use_id: Uuid,
    pub(crate) benefit_id: String,
    /// The period whose quota it counts in.
    pub(crate) period: String,
    /// Whether it took a use that was given on top of the quota.
    pub(crate) is_extra: bool,
    /// Whether it is counted in a stock.
    pub(crate) counts_stock: bool,
    pub(crate) basis_points: i32,
    pub(crate) reference: String,
    pub(crate) program_id: String,
    pub(crate) program_version: i64,
    pub(crate) used_by: String,
    pub(crate) used_at: Timestamp,
    pub(crate) returned_at: Option<Timestamp>,
}

/// How often a benefit was used and not taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// In the period that was asked for, against its quota.
    pub(crate) of_quota: i64,
    /// Ever, of what was given on top.
    pub(crate) of_extra: i64,
}

/// Counts a member's uses of some benefits, each with its present period. For a decision the member
/// must be locked.
pub(crate) async fn counts(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    benefits: &[(&str, String)],
) -> Result<Vec<(String, Counts)>, StoreError> {
    let (ids, periods): (Vec<&str>, Vec<&str>) = benefits
        .iter()
        .map(|(id, period)| (*id, period.as_str()))
        .unzip();
    let rows = sqlx::query!(
        r#"
        SELECT u.benefit_id,
            count(*) FILTER (WHERE NOT u.is_extra AND u.period = w.period) AS "of_quota!",
            count(*) FILTER (WHERE u.is_extra) AS "of_extra!"
        FROM unnest($2::text[], $3::text[]) AS w (benefit_id, period)
        JOIN benefit_uses u ON u.customer_id = $1 AND u.benefit_id = w.benefit_id
            AND (u.is_extra OR u.period = w.period)
        WHERE NOT EXISTS (
            SELECT FROM benefit_returns r
            WHERE r.customer_id = u.customer_id AND r.benefit_use_id = u.benefit_use_id
        )
        GROUP BY u.benefit_id
        "#,
        customer_id,
        &ids as _,
        &periods as _,
    )
    .fetch_all(db)
    .await?;
    let counts = rows.into_iter().map(|row| {
        let counts = Counts {
            of_quota: row.of_quota,
            of_extra: row.of_extra,
        };
        (row.benefit_id, counts)
    });
    Ok(counts.collect())
}

/// Writes a use.
pub(crate) async fn insert(
    db: &mut PgConnection,
    customer_id: Uuid,
    row: &UseRow,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO benefit_uses (customer_id, benefit_use_id, benefit_id, period, is_extra,
            counts_stock, basis_points, reference, program_id, program_version, used_by, used_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        customer_id,
        row.benefit_use_id,
        row.benefit_id,
        row.period,
        row.is_extra,
        row.counts_stock,
        row.basis_points,
        row.reference,
        row.program_id,
        row.program_version,
        row.used_by,
        row.used_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes that a use was taken back.
pub(crate) async fn take_back(
    db: impl PgExecutor<'_>,
    (customer_id, benefit_use_id): (Uuid, Uuid),
    (caller, now): (&str, Timestamp),
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO benefit_returns (customer_id, benefit_use_id, returned_by, returned_at)
        VALUES ($1, $2, $3, $4)
        "#,
        customer_id,
        benefit_use_id,
        caller,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The reads of uses, and which.
macro_rules! uses {
    ($which:literal, $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"
            SELECT u.benefit_use_id AS "benefit_use_id!", u.benefit_id AS "benefit_id!",
                u.period AS "period!", u.is_extra AS "is_extra!",
                u.counts_stock AS "counts_stock!", u.basis_points AS "basis_points!",
                u.reference AS "reference!", u.program_id AS "program_id!",
                u.program_version AS "program_version!", u.used_by AS "used_by!",
                u.used_at AS "used_at!", r.returned_at AS "returned_at?"
            FROM benefit_uses u
            LEFT JOIN benefit_returns r USING (customer_id, benefit_use_id)
            "# + $which,
            $($value),*
        )
    };
}

struct Row {
    benefit_use_id: Uuid,
    benefit_id: String,
    period: String,
    is_extra: bool,
    counts_stock: bool,
    basis_points: i32,
    reference: String,
    program_id: String,
    program_version: i64,
    used_by: String,
    used_at: jiff_sqlx::Timestamp,
    returned_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for UseRow {
    fn from(row: Row) -> Self {
        Self {
            benefit_use_id: row.benefit_use_id,
            benefit_id: row.benefit_id,
            period: row.period,
            is_extra: row.is_extra,
            counts_stock: row.counts_stock,
            basis_points: row.basis_points,
            reference: row.reference,
            program_id: row.program_id,
            program_version: row.program_version,
            used_by: row.used_by,
            used_at: row.used_at.to_jiff(),
            returned_at: row.returned_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// One use of a member.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    benefit_use_id: Uuid,
) -> Result<Option<UseRow>, StoreError> {
    let row = uses!(
        "WHERE u.customer_id = $1 AND u.benefit_use_id = $2",
        customer_id,
        benefit_use_id
    );
    Ok(row.fetch_optional(db).await?.map(UseRow::from))
}

/// A page of a member's uses, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<UseRow>, StoreError> {
    let rows = uses!(
        "WHERE u.customer_id = $1 AND ($2::uuid IS NULL OR u.benefit_use_id < $2)
        ORDER BY u.benefit_use_id DESC LIMIT $3",
        customer_id,
        before,
        limit
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(UseRow::from)
        .collect())
}
