use postgres::{Database, DatabaseError};

use super::facts::FactRow;
use crate::domain::Fact;

/// Facts that are read at once. With the largest baskets that the contract admits and names of
/// their usual length this is some 20 MB; with usual baskets, far below 1 MB.
pub(crate) const PAGE_ROWS: i64 = 250;

/// Reads the facts in the order (`transaction_id`, `position`), each once, and misses none.
///
/// It stays below the commit horizon: what it has not seen when it passes a place can't appear
/// there later, because every transaction before that place has ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Follower {
    transaction_id: i64,
    position: i64,
}

impl Follower {
    /// The next facts, at most [`PAGE_ROWS`]; fewer only when there are no more for now.
    pub(crate) async fn next(&mut self, db: &Database) -> Result<Vec<Fact>, DatabaseError> {
        let rows = sqlx::query_as!(
            FeedRow,
            r#"SELECT transaction_id::text::bigint AS "transaction_id!", position,
                      basket_id, version, purchase_time, product_ids, product_names
               FROM basket_facts
               WHERE (transaction_id, position) > ($1::bigint::text::xid8, $2::bigint)
                 AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
               ORDER BY basket_facts.transaction_id, position
               LIMIT $3"#,
            self.transaction_id,
            self.position,
            PAGE_ROWS,
        )
        .fetch_all(db.pool())
        .await?;
        if let Some(last) = rows.last() {
            *self = Self {
                transaction_id: last.transaction_id,
                position: last.position,
            };
        }
        Ok(rows.into_iter().map(Fact::from).collect())
    }
}

struct FeedRow {
    transaction_id: i64,
    position: i64,
    basket_id: String,
    version: i32,
    purchase_time: jiff::Timestamp,
    product_ids: Vec<String>,
    product_names: Vec<String>,
}

impl From<FeedRow> for Fact {
    fn from(row: FeedRow) -> Self {
        Self::from(FactRow {
            basket_id: row.basket_id,
            version: row.version,
            purchase_time: row.purchase_time,
            product_ids: row.product_ids,
            product_names: row.product_names,
        })
    }
}
