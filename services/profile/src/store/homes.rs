//! Which ids are one person's.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::identity::homes::Homes;
use crate::domain::ids::CustomerId;

/// The homes of the person to whom an id leads; `None` when there is no such customer. Everything that
/// reads what is kept by customer id reads it for all of them.
pub(crate) async fn homes_of(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Homes>, StoreError> {
    let row = sqlx::query!(
        "SELECT profile.customer_id, profile.absorbed
         FROM customers AS named
         JOIN customers AS profile ON profile.customer_id = named.profile_id
         WHERE named.customer_id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Homes {
        profile: CustomerId(row.customer_id),
        absorbed: ids(row.absorbed),
    }))
}

pub(super) fn ids(stored: Vec<Uuid>) -> BTreeSet<CustomerId> {
    stored.into_iter().map(CustomerId).collect()
}
