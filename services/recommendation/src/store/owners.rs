use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx as _};
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Whose order a basket is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) customer: Uuid,
    pub(crate) basket_id: String,
    pub(crate) purchase_time: Timestamp,
}

/// Notes whose orders these baskets are.
pub(crate) async fn note(
    connection: &mut PgConnection,
    mut owners: Vec<Owner>,
) -> Result<(), DatabaseError> {
    if owners.is_empty() {
        return Ok(());
    }
    // Sorted, so that two who note the same wait for each other instead of locking each other out.
    owners.sort();
    let customers: Vec<Uuid> = owners.iter().map(|owner| owner.customer).collect();
    let times = owners.iter().map(|owner| owner.purchase_time.to_sqlx());
    let times: Vec<SqlTimestamp> = times.collect();
    let baskets: Vec<String> = owners.into_iter().map(|owner| owner.basket_id).collect();
    sqlx::query!(
        "INSERT INTO basket_owners (customer_id, basket_id, purchase_time)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING",
        &customers,
        &baskets,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}
