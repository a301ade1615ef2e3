use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Notes whose orders these baskets are.
pub(crate) async fn note(
    connection: &mut PgConnection,
    owners: &[(Uuid, String)],
) -> Result<(), DatabaseError> {
    if owners.is_empty() {
        return Ok(());
    }
    // Sorted, so that two who note the same wait for each other instead of locking each other out.
    let mut owners = owners.to_vec();
    owners.sort();
    let (customers, baskets): (Vec<Uuid>, Vec<String>) = owners.into_iter().unzip();
    sqlx::query!(
        "INSERT INTO basket_owners (customer_id, basket_id)
         SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING",
        &customers,
        &baskets,
    )
    .execute(connection)
    .await?;
    Ok(())
}
