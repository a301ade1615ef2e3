//! Legal holds.

use jiff_sqlx::ToSqlx as _;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::privacy::hold::{LegalHold, LegalHoldId, Released};
use crate::store::remarks::{HOLD, RELEASED_HOLD, Remarks};
use crate::store::sealed::Unreadable;
use crate::store::{Keys, StoreError};

struct HoldRow {
    customer_id: Uuid,
    legal_hold_id: Uuid,
    reason: String,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    released_at: Option<jiff_sqlx::Timestamp>,
    released_by: Option<String>,
    release_reason: Option<String>,
    sealed_reason: Option<Vec<u8>>,
    sealed_release_reason: Option<Vec<u8>>,
    master_id: String,
    wrapped: Vec<u8>,
}

/// Adds one.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &Keys,
    hold: &LegalHold,
) -> Result<(), StoreError> {
    let (customer, id) = (hold.customer.0, hold.id.0);
    sqlx::query!(
        "INSERT INTO legal_holds (customer_id, legal_hold_id, reason, sealed_reason, created_by, created_at)
         VALUES ($1, $2, '', $3, $4, $5)",
        customer,
        id,
        keys.remark(customer, HOLD, id, &hold.reason)?,
        hold.created_by,
        hold.created_at.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down that one was released.
pub(crate) async fn release(
    connection: &mut PgConnection,
    keys: &Keys,
    hold: &LegalHold,
    released: &Released,
) -> Result<(), StoreError> {
    let (customer, id) = (hold.customer.0, hold.id.0);
    sqlx::query!(
        "UPDATE legal_holds SET released_at = $3, released_by = $4, release_reason = '',
             sealed_release_reason = $5
         WHERE customer_id = $1 AND legal_hold_id = $2",
        customer,
        id,
        released.at.to_sqlx(),
        released.by,
        keys.remark(customer, RELEASED_HOLD, id, &released.reason)?,
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
    before: LegalHoldId,
    limit: i64,
) -> Result<Vec<LegalHold>, StoreError> {
    let rows = sqlx::query_as!(
        HoldRow,
        r#"SELECT customer_id, legal_hold_id, reason, created_by, created_at,
                  released_at AS "released_at: _", released_by, release_reason, sealed_reason,
                  sealed_release_reason, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM legal_holds
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND legal_hold_id < $2
           ORDER BY legal_hold_id DESC LIMIT $3"#,
        homes,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let holds = rows.into_iter().map(|row| row.into_domain(keyring));
    Ok(holds.collect::<Result<_, _>>()?)
}

/// One of a person.
pub(crate) async fn get(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    id: LegalHoldId,
) -> Result<Option<LegalHold>, StoreError> {
    let row = sqlx::query_as!(
        HoldRow,
        r#"SELECT customer_id, legal_hold_id, reason, created_by, created_at,
                  released_at AS "released_at: _", released_by, release_reason, sealed_reason,
                  sealed_release_reason, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM legal_holds
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND legal_hold_id = $2"#,
        homes,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.into_domain(keyring)).transpose()?)
}

/// One that holds, if any does.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Option<LegalHoldId>, StoreError> {
    let id = sqlx::query_scalar!(
        "SELECT legal_hold_id FROM legal_holds
         WHERE customer_id = ANY ($1) AND released_at IS NULL ORDER BY legal_hold_id LIMIT 1",
        homes,
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(LegalHoldId))
}

impl HoldRow {
    fn into_domain(self, keyring: &Keyring) -> Result<LegalHold, Unreadable> {
        let remarks = Remarks {
            keyring,
            customer_id: self.customer_id,
            key: Some(Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            }),
            row: self.legal_hold_id,
        };
        let reason = remarks.read(HOLD, self.reason, self.sealed_reason.as_deref())?;
        let release_reason = self.release_reason.unwrap_or_default();
        let sealed = self.sealed_release_reason.as_deref();
        let release_reason = remarks.read(RELEASED_HOLD, release_reason, sealed)?;
        let released = self.released_at.map(|at| Released {
            at: at.to_jiff(),
            by: self.released_by.unwrap_or_default(),
            reason: release_reason,
        });
        Ok(LegalHold {
            id: LegalHoldId(self.legal_hold_id),
            customer: CustomerId(self.customer_id),
            reason,
            created_by: self.created_by,
            created_at: self.created_at.to_jiff(),
            released,
        })
    }
}
