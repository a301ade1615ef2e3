//! What was written before it was sealed.

use std::collections::HashMap;

use seal::{DataKey, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::sealed::{ENTRY, SaidInEntry};
use crate::domain::Case;

/// The first cases after one in which something stands in clear.
pub(crate) async fn next(
    connection: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT case_id AS "case_id!" FROM (
               (SELECT case_id FROM cases
                WHERE said IS NULL
                  AND (subject <> '' OR description <> '' OR order_id <> '' OR resolution <> '')
                  AND case_id > $1
                ORDER BY case_id LIMIT $2)
               UNION
               (SELECT DISTINCT case_id FROM case_log
                WHERE said IS NULL AND content <> '' AND change <> 'opened' AND case_id > $1
                ORDER BY case_id LIMIT $2)
           ) AS in_clear
           ORDER BY 1 LIMIT $2"#,
        after,
        limit,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// Seals the entries of these cases that stand in clear; answers how many. The caller holds the locks of the cases.
pub(crate) async fn seal_entries(
    connection: &mut PgConnection,
    keys: &HashMap<Uuid, DataKey>,
    cases: &[Case],
) -> Result<u64, StoreError> {
    let ids: Vec<Uuid> = cases.iter().map(|case| case.id.0).collect();
    let rows = sqlx::query!(
        "SELECT customer_id, case_id, sequence, entry_id, content FROM case_log
         WHERE said IS NULL AND content <> '' AND change <> 'opened' AND case_id = ANY ($1)",
        &ids,
    );
    let rows = rows.fetch_all(&mut *connection).await?;
    let (mut customers, mut cases) = (Vec::new(), Vec::new());
    let (mut sequences, mut documents) = (Vec::new(), Vec::new());
    for row in rows {
        let key = keys.get(&row.customer_id).ok_or(StoreError::Erased)?;
        let said = SaidInEntry {
            content: row.content,
        };
        documents.push(key.seal_document(ENTRY, (row.entry_id, row.sequence), &said)?);
        customers.push(row.customer_id);
        cases.push(row.case_id);
        sequences.push(row.sequence);
    }
    let sealed = sqlx::query_scalar!(
        r#"SELECT seal_log($1, $2, $3, $4) AS "sealed!""#,
        &customers,
        &cases,
        &sequences,
        &documents,
    );
    Ok(sealed.fetch_one(connection).await?.unsigned_abs())
}

/// Keys of the customers whose cases these are, made where there is none yet.
pub(crate) async fn keys(
    connection: &mut PgConnection,
    keyring: &Keyring,
    cases: &[Case],
    now: jiff::Timestamp,
) -> Result<HashMap<Uuid, DataKey>, StoreError> {
    let customers: Vec<Uuid> = cases.iter().map(|case| case.opening.customer.0).collect();
    Ok(seal::store::provide_all(connection, keyring, &customers, now).await?)
}
