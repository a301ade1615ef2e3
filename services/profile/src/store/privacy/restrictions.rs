//! Restrictions of processing.

use std::collections::BTreeSet;

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::privacy::restriction::{Ground, Lifted, Restriction, RestrictionId};
use crate::store::{CorruptRow, StoreError};

struct RestrictionRow {
    customer_id: Uuid,
    restriction_id: Uuid,
    ground: i16,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    lifted_at: Option<jiff_sqlx::Timestamp>,
    lifted_by: Option<String>,
    lift_reason: Option<String>,
}

/// Adds one.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    restriction: &Restriction,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO restrictions (customer_id, restriction_id, ground, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5)",
        restriction.customer.0,
        restriction.id.0,
        restriction.ground.number(),
        restriction.created_by,
        restriction.created_at.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down that one was lifted.
pub(crate) async fn lift(
    connection: &mut PgConnection,
    restriction: &Restriction,
    lifted: &Lifted,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE restrictions SET lifted_at = $3, lifted_by = $4, lift_reason = $5
         WHERE customer_id = $1 AND restriction_id = $2",
        restriction.customer.0,
        restriction.id.0,
        lifted.at.to_sqlx(),
        lifted.by,
        lifted.reason,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest `limit` before one, of all that are or were on a person.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    before: RestrictionId,
    limit: i64,
) -> Result<Vec<Restriction>, StoreError> {
    let rows = sqlx::query_as!(
        RestrictionRow,
        r#"SELECT customer_id, restriction_id, ground, created_by, created_at,
                  lifted_at AS "lifted_at: _", lifted_by, lift_reason
           FROM restrictions WHERE customer_id = ANY ($1) AND restriction_id < $2
           ORDER BY restriction_id DESC LIMIT $3"#,
        homes,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter().map(RestrictionRow::into_domain);
    Ok(found.collect::<Result<_, _>>()?)
}

/// One of a person.
pub(crate) async fn get(
    connection: &mut PgConnection,
    homes: &[Uuid],
    id: RestrictionId,
) -> Result<Option<Restriction>, StoreError> {
    let row = sqlx::query_as!(
        RestrictionRow,
        r#"SELECT customer_id, restriction_id, ground, created_by, created_at,
                  lifted_at AS "lifted_at: _", lifted_by, lift_reason
           FROM restrictions WHERE customer_id = ANY ($1) AND restriction_id = $2"#,
        homes,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(RestrictionRow::into_domain).transpose()?)
}

/// Whether any of these ids is restricted.
pub(crate) async fn is_any(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM restrictions WHERE customer_id = ANY ($1) AND lifted_at IS NULL
           ) AS "found!""#,
        homes,
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Which of these people are restricted, under whichever of their ids.
pub(crate) async fn among(
    connection: &mut PgConnection,
    people: &[Uuid],
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT DISTINCT person.customer_id AS "id!" FROM customers AS person
           CROSS JOIN LATERAL unnest(person.absorbed || person.customer_id) AS home
           JOIN restrictions AS r ON r.customer_id = home AND r.lifted_at IS NULL
           WHERE person.customer_id = ANY ($1)"#,
        people,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(CustomerId).collect())
}

impl RestrictionRow {
    fn into_domain(self) -> Result<Restriction, CorruptRow> {
        let lifted = self.lifted_at.map(|at| Lifted {
            at: at.to_jiff(),
            by: self.lifted_by.unwrap_or_default(),
            reason: self.lift_reason.unwrap_or_default(),
        });
        Ok(Restriction {
            id: RestrictionId(self.restriction_id),
            customer: CustomerId(self.customer_id),
            ground: Ground::numbered(self.ground).ok_or(CorruptRow {
                table: "restrictions",
                column: "ground",
            })?,
            created_by: self.created_by,
            created_at: self.created_at.to_jiff(),
            lifted,
        })
    }
}
