use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx as _};
use postgres::DatabaseError;
use sqlx::PgConnection;

use crate::domain::{Fact, Item, Items};

/// Writes the facts whose basket and version are new; tells of which baskets they were.
///
/// Hand them in by ascending basket id: two callers with the same baskets then wait for each other
/// instead of locking each other out. Waits for a concurrent writer of the same fact to end.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    facts: &[Fact],
    now: Timestamp,
) -> Result<HashSet<String>, DatabaseError> {
    let columns = Columns::of(facts);
    let inserted = sqlx::query_scalar!(
        "INSERT INTO basket_facts
             (basket_id, version, purchase_time, record_time, product_ids, product_names)
         SELECT fact.basket_id, fact.version, fact.purchase_time, $4,
                COALESCE(sold.product_ids, '{}'), COALESCE(sold.product_names, '{}')
         FROM unnest($1::text[], $2::integer[], $3::timestamptz[]) WITH ORDINALITY
              AS fact (basket_id, version, purchase_time, number)
         LEFT JOIN (
             SELECT number,
                    array_agg(product_id ORDER BY place) AS product_ids,
                    array_agg(product_name ORDER BY place) AS product_names
             FROM unnest($5::bigint[], $6::text[], $7::text[]) WITH ORDINALITY
                  AS item (number, product_id, product_name, place)
             GROUP BY number
         ) AS sold USING (number)
         ORDER BY fact.number
         ON CONFLICT (basket_id, version) DO NOTHING
         RETURNING basket_id",
        &columns.basket_ids as &[&str],
        &columns.versions,
        &columns.purchase_times,
        now.to_sqlx() as SqlTimestamp,
        &columns.item_facts,
        &columns.product_ids as &[&str],
        &columns.product_names as &[&str],
    )
    .fetch_all(connection)
    .await?;
    Ok(inserted.into_iter().collect())
}

/// The facts column by column, their items beside them with the number of their fact, from 1.
#[derive(Default)]
struct Columns<'a> {
    basket_ids: Vec<&'a str>,
    versions: Vec<i32>,
    purchase_times: Vec<SqlTimestamp>,
    item_facts: Vec<i64>,
    product_ids: Vec<&'a str>,
    product_names: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(facts: &'a [Fact]) -> Self {
        let mut columns = Self::default();
        for (number, fact) in (1..).zip(facts) {
            columns.basket_ids.push(&fact.basket_id);
            columns.versions.push(fact.version);
            columns.purchase_times.push(fact.purchase_time.to_sqlx());
            for item in fact.items.iter() {
                columns.item_facts.push(number);
                columns.product_ids.push(&item.product_id);
                columns.product_names.push(&item.name);
            }
        }
        columns
    }
}

/// What was sold under these basket ids: the items of version 1, by basket id.
pub(crate) async fn firsts(
    connection: &mut PgConnection,
    basket_ids: &[&str],
) -> Result<HashMap<String, Items>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT basket_id, product_ids, product_names FROM basket_facts
         WHERE basket_id = ANY($1) AND version = 1",
        basket_ids as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.basket_id, items(row.product_ids, row.product_names)))
        .collect())
}

/// The latest fact of a basket.
pub(crate) async fn latest(
    connection: &mut PgConnection,
    basket_id: &str,
) -> Result<Option<Fact>, DatabaseError> {
    let row = sqlx::query_as!(
        FactRow,
        "SELECT basket_id, version, purchase_time, product_ids, product_names FROM basket_facts
         WHERE basket_id = $1 ORDER BY version DESC LIMIT 1",
        basket_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Fact::from))
}

pub(super) struct FactRow {
    pub(super) basket_id: String,
    pub(super) version: i32,
    pub(super) purchase_time: Timestamp,
    pub(super) product_ids: Vec<String>,
    pub(super) product_names: Vec<String>,
}

impl From<FactRow> for Fact {
    fn from(row: FactRow) -> Self {
        Self {
            basket_id: row.basket_id,
            version: row.version,
            purchase_time: row.purchase_time,
            items: items(row.product_ids, row.product_names),
        }
    }
}

fn items(product_ids: Vec<String>, names: Vec<String>) -> Items {
    let pairs = product_ids.into_iter().zip(names);
    Items::new(pairs.map(|(product_id, name)| Item { product_id, name }))
}
