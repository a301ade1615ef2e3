//! Restrictions of processing.

use std::collections::BTreeSet;

use jiff_sqlx::ToSqlx as _;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::privacy::restriction::{Ground, Lifted, Restriction, RestrictionId};
use crate::store::remarks::{LIFTED_RESTRICTION, Remarks};
use crate::store::{CorruptRow, Keys, StoreError};

struct RestrictionRow {
    customer_id: Uuid,
    restriction_id: Uuid,
    ground: i16,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    lifted_at: Option<jiff_sqlx::Timestamp>,
    lifted_by: Option<String>,
    lift_reason: Option<String>,
    sealed_lift_reason: Option<Vec<u8>>,
    master_id: String,
    wrapped: Vec<u8>,
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
    keys: &Keys,
    restriction: &Restriction,
    lifted: &Lifted,
) -> Result<(), StoreError> {
    let (customer, id) = (restriction.customer.0, restriction.id.0);
    sqlx::query!(
        "UPDATE restrictions SET lifted_at = $3, lifted_by = $4, lift_reason = '', sealed_lift_reason = $5
         WHERE customer_id = $1 AND restriction_id = $2",
        customer,
        id,
        lifted.at.to_sqlx(),
        lifted.by,
        keys.remark(customer, LIFTED_RESTRICTION, id, &lifted.reason)?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest `limit` before one, of all that are or were on a person.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    before: RestrictionId,
    limit: i64,
) -> Result<Vec<Restriction>, StoreError> {
    let rows = sqlx::query_as!(
        RestrictionRow,
        r#"SELECT customer_id, restriction_id, ground, created_by, created_at,
                  lifted_at AS "lifted_at: _", lifted_by, lift_reason, sealed_lift_reason,
                  k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM restrictions
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND restriction_id < $2
           ORDER BY restriction_id DESC LIMIT $3"#,
        homes,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter().map(|row| row.into_domain(keyring));
    found.collect()
}

/// One of a person.
pub(crate) async fn get(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    id: RestrictionId,
) -> Result<Option<Restriction>, StoreError> {
    let row = sqlx::query_as!(
        RestrictionRow,
        r#"SELECT customer_id, restriction_id, ground, created_by, created_at,
                  lifted_at AS "lifted_at: _", lifted_by, lift_reason, sealed_lift_reason,
                  k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM restrictions
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND restriction_id = $2"#,
        homes,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.into_domain(keyring)).transpose()
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
    fn into_domain(self, keyring: &Keyring) -> Result<Restriction, StoreError> {
        let remarks = Remarks {
            keyring,
            customer_id: self.customer_id,
            key: Some(Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            }),
            row: self.restriction_id,
        };
        let lift_reason = self.lift_reason.unwrap_or_default();
        let sealed = self.sealed_lift_reason.as_deref();
        let lift_reason = remarks.read(LIFTED_RESTRICTION, lift_reason, sealed)?;
        let lifted = self.lifted_at.map(|at| Lifted {
            at: at.to_jiff(),
            by: self.lifted_by.unwrap_or_default(),
            reason: lift_reason,
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
