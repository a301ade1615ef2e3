//! The people whom one manager looks after.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::store::StoreError;
use crate::store::customers::quality::Queue;

/// A manager's people of these regions and brands; `None` for any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own<'a> {
    pub(crate) manager: &'a str,
    pub(crate) regions: Option<&'a [String]>,
    pub(crate) brands: Option<&'a [String]>,
}

/// Of these ids, those that lead to somebody whom the manager looks after.
pub(crate) async fn among(
    connection: &mut PgConnection,
    ids: &[Uuid],
    manager: &str,
) -> Result<Vec<Uuid>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT named.customer_id
         FROM customers AS named JOIN customers AS known ON known.customer_id = named.profile_id
         WHERE named.customer_id = ANY ($1) AND EXISTS (
             SELECT FROM account_assignments AS assigned
             WHERE assigned.customer_id = ANY (known.absorbed || known.customer_id)
               AND assigned.counts AND assigned.manager_id = $2)",
        ids,
        manager,
    );
    Ok(found.fetch_all(connection).await?)
}

/// The newest `limit` who were created before `before`.
pub(crate) async fn list(
    connection: &mut PgConnection,
    own: Own<'_>,
    before: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    // From the assignments: a manager has few of all customers, and each person counts once.
    let found = sqlx::query_scalar!(
        r#"SELECT known.customer_id
           FROM account_assignments AS assigned
           JOIN customers AS home USING (customer_id)
           JOIN customers AS known ON known.customer_id = home.profile_id
           WHERE assigned.manager_id = $1 AND assigned.counts AND known.customer_id < $2
             AND ($3::text[] IS NULL OR known.region_code = ANY ($3))
             AND ($4::text[] IS NULL OR known.brand = ANY ($4))
           ORDER BY known.customer_id DESC LIMIT $5"#,
        own.manager,
        before.map_or(Uuid::max(), |id| id.0),
        own.regions as _,
        own.brands as _,
        limit,
    );
    Ok(found.fetch_all(connection).await?)
}

/// The first `limit` of a part of the queue of those whose data were confirmed longest ago.
pub(crate) async fn stale(
    connection: &mut PgConnection,
    manager: &str,
    queue: Queue<'_>,
    limit: i64,
) -> Result<Vec<(CustomerId, Timestamp)>, StoreError> {
    let (time, id) = queue.after.unzip();
    let rows = sqlx::query!(
        r#"SELECT known.customer_id, known.contact_time AS "contact_time!"
           FROM account_assignments AS assigned
           JOIN customers AS home USING (customer_id)
           JOIN customers AS known ON known.customer_id = home.profile_id
           WHERE assigned.manager_id = $1 AND assigned.counts AND known.contact_time < $2
             AND (known.contact_time, known.customer_id) > (coalesce($3::timestamptz, '-infinity'), $4)
             AND ($5::text[] IS NULL OR known.region_code = ANY ($5))
             AND ($6::text[] IS NULL OR known.brand = ANY ($6))
           ORDER BY known.contact_time, known.customer_id LIMIT $7"#,
        manager,
        queue.before.to_sqlx() as jiff_sqlx::Timestamp,
        time.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        id.unwrap_or_default(),
        queue.regions as _,
        queue.brands as _,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter();
    Ok(found
        .map(|row| (CustomerId(row.customer_id), row.contact_time.to_jiff()))
        .collect())
}
