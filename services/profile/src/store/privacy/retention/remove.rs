//! What is old enough goes, unless a legal hold is on the person.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::privacy::retention::Own;
use crate::store::StoreError;

/// What a batch has removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) rows: i64,
    /// The people to whom the rows belonged, where segments depend on these.
    pub(crate) people: Vec<CustomerId>,
}

/// Nobody puts a hold on anybody until the transaction ends.
pub(crate) async fn keep_holds(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("LOCK TABLE legal_holds IN SHARE MODE")
        .execute(connection)
        .await?;
    Ok(())
}

/// Drops the oldest month of interactions that is wholly before an instant and of which nothing is held; `None`:
/// there is none. Whoever is in it is set due.
pub(crate) async fn month(
    connection: &mut PgConnection,
    cut_off: Timestamp,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let gone = sqlx::query_scalar!(
        "SELECT drop_interactions_before($1, $2)",
        cut_off.to_sqlx(),
        now.to_sqlx(),
    )
    .fetch_one(connection)
    .await?;
    Ok(gone)
}

/// Removes at most so many rows.
pub(crate) async fn batch(
    connection: &mut PgConnection,
    own: Own,
    cut_off: Timestamp,
    most: i64,
) -> Result<Removed, StoreError> {
    match own {
        Own::Interactions => interactions(connection, cut_off, most).await,
        Own::Contacts => contacts(connection, cut_off, most).await,
        Own::ImportErrors => import_errors(connection, cut_off, most).await,
    }
}

async fn interactions(
    connection: &mut PgConnection,
    cut_off: Timestamp,
    most: i64,
) -> Result<Removed, StoreError> {
    let gone: Vec<Uuid> = sqlx::query_scalar!(
        r#"WITH old AS (
               SELECT customer_id, occur_time, entry_id FROM interactions
               WHERE occur_time < $1 AND customer_id <> ALL (held_ids()) LIMIT $2
           ), gone AS (
               DELETE FROM interactions AS i USING old
               WHERE i.customer_id = old.customer_id AND i.occur_time = old.occur_time
                 AND i.entry_id = old.entry_id AND i.occur_time < $1
               RETURNING i.customer_id
           )
           SELECT coalesce(c.profile_id, gone.customer_id) AS "id!"
           FROM gone LEFT JOIN customers AS c ON c.customer_id = gone.customer_id"#,
        cut_off.to_sqlx(),
        most,
    )
    .fetch_all(connection)
    .await?;
    let rows = i64::try_from(gone.len()).unwrap_or(i64::MAX);
    let mut people: Vec<CustomerId> = gone.into_iter().map(CustomerId).collect();
    people.sort_unstable();
    people.dedup();
    Ok(Removed { rows, people })
}

async fn contacts(
    connection: &mut PgConnection,
    cut_off: Timestamp,
    most: i64,
) -> Result<Removed, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"WITH old AS (
               SELECT customer_id, contact_id FROM contacts
               WHERE coalesce(end_time, expire_time) < $1 AND customer_id <> ALL (held_ids()) LIMIT $2
           ), gone AS (
               DELETE FROM contacts AS c USING old
               WHERE c.customer_id = old.customer_id AND c.contact_id = old.contact_id RETURNING 1
           ) SELECT count(*) AS "count!" FROM gone"#,
        cut_off.to_sqlx(),
        most,
    )
    .fetch_one(connection)
    .await?;
    Ok(Removed {
        rows,
        people: Vec::new(),
    })
}

async fn import_errors(
    connection: &mut PgConnection,
    cut_off: Timestamp,
    most: i64,
) -> Result<Removed, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"WITH old AS (
               SELECT import_id, row_no FROM import_errors JOIN imports USING (import_id)
               WHERE create_time < $1 LIMIT $2
           ), gone AS (
               DELETE FROM import_errors AS e USING old
               WHERE e.import_id = old.import_id AND e.row_no = old.row_no RETURNING 1
           ) SELECT count(*) AS "count!" FROM gone"#,
        cut_off.to_sqlx(),
        most,
    )
    .fetch_one(connection)
    .await?;
    Ok(Removed {
        rows,
        people: Vec::new(),
    })
}

/// How many rows are older than an instant: those that may go, and those that are held.
pub(crate) async fn count(
    connection: &mut PgConnection,
    own: Own,
    cut_off: Timestamp,
) -> Result<(i64, i64), StoreError> {
    let cut_off = cut_off.to_sqlx();
    Ok(match own {
        Own::Interactions => {
            let counts = sqlx::query!(
                r#"SELECT count(*) FILTER (WHERE customer_id <> ALL (held.ids)) AS "free!",
                          count(*) FILTER (WHERE customer_id = ANY (held.ids)) AS "held!"
                   FROM interactions CROSS JOIN (SELECT held_ids() AS ids) AS held
                   WHERE occur_time < $1"#,
                cut_off,
            );
            let counts = counts.fetch_one(connection).await?;
            (counts.free, counts.held)
        }
        Own::Contacts => {
            let counts = sqlx::query!(
                r#"SELECT count(*) FILTER (WHERE customer_id <> ALL (held.ids)) AS "free!",
                          count(*) FILTER (WHERE customer_id = ANY (held.ids)) AS "held!"
                   FROM contacts CROSS JOIN (SELECT held_ids() AS ids) AS held
                   WHERE coalesce(end_time, expire_time) < $1"#,
                cut_off,
            );
            let counts = counts.fetch_one(connection).await?;
            (counts.free, counts.held)
        }
        // They hold no values, and are nobody's.
        Own::ImportErrors => {
            let count = sqlx::query_scalar!(
                r#"SELECT count(*) AS "count!" FROM import_errors JOIN imports USING (import_id)
                   WHERE create_time < $1"#,
                cut_off,
            );
            (count.fetch_one(connection).await?, 0)
        }
    })
}
