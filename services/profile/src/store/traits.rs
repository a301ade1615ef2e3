//! Traits, and the lock under which activity is recorded.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{CorruptRow, StoreError, documents};
use crate::domain::ids::CustomerId;
use crate::domain::money::Currency;
use crate::domain::traits::{Spend, Traits};

/// Reads a customer's figures; `None` when there is no such customer.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Traits>, StoreError> {
    let row = sqlx::query_as!(
        TraitsRow,
        r#"SELECT customer_id, order_count, return_count, first_order_time AS "first_order_time: _",
                  last_order_time AS "last_order_time: _",
                  last_activity_time AS "last_activity_time: _", spend AS "spend: _"
           FROM customer_traits WHERE customer_id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok(row.into_domain()?.1)).transpose()
}

/// Locks these customers for recording activity, in ascending order, and reads their figures.
/// Those who do not exist are not in the answer.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(CustomerId, Traits)>, StoreError> {
    // What is selected from the locked row itself is its latest version, not the snapshot's.
    let rows = sqlx::query_as!(
        TraitsRow,
        r#"SELECT customer_id, order_count, return_count, first_order_time AS "first_order_time: _",
                  last_order_time AS "last_order_time: _",
                  last_activity_time AS "last_activity_time: _", spend AS "spend: _"
           FROM customer_traits WHERE customer_id = ANY($1)
           ORDER BY customer_id FOR NO KEY UPDATE"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TraitsRow::into_domain).collect()
}

/// Writes the figures of customers that are locked.
pub(crate) async fn update(
    connection: &mut PgConnection,
    traits: &[(CustomerId, Traits)],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = traits.iter().map(|(id, _)| id.0).collect();
    let orders: Vec<i64> = traits
        .iter()
        .map(|(_, traits)| traits.order_count)
        .collect();
    let returns: Vec<i64> = traits
        .iter()
        .map(|(_, traits)| traits.return_count)
        .collect();
    let times = |time: fn(&Traits) -> Option<Timestamp>| -> Vec<Option<jiff_sqlx::Timestamp>> {
        traits
            .iter()
            .map(|(_, traits)| Some(time(traits)?.to_sqlx()))
            .collect()
    };
    sqlx::query!(
        "UPDATE customer_traits SET
             order_count = new.order_count, return_count = new.return_count,
             first_order_time = new.first_order_time, last_order_time = new.last_order_time,
             last_activity_time = new.last_activity_time, spend = new.spend
         FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[],
                     $5::timestamptz[], $6::timestamptz[], $7::jsonb[])
             AS new (customer_id, order_count, return_count, first_order_time, last_order_time,
                     last_activity_time, spend)
         WHERE customer_traits.customer_id = new.customer_id",
        &ids,
        &orders,
        &returns,
        times(|traits| traits.first_order_time) as _,
        times(|traits| traits.last_order_time) as _,
        times(|traits| traits.last_activity_time) as _,
        documents(traits, |(_, traits)| SpendRow::all_of(traits)) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct TraitsRow {
    customer_id: Uuid,
    order_count: i64,
    return_count: i64,
    first_order_time: Option<jiff_sqlx::Timestamp>,
    last_order_time: Option<jiff_sqlx::Timestamp>,
    last_activity_time: Option<jiff_sqlx::Timestamp>,
    spend: Json<Vec<SpendRow>>,
}

#[derive(Serialize, Deserialize)]
struct SpendRow {
    currency: String,
    orders: i64,
    gross: i64,
    refunded: i64,
}

impl TraitsRow {
    fn into_domain(self) -> Result<(CustomerId, Traits), StoreError> {
        let instant = |time: jiff_sqlx::Timestamp| time.to_jiff();
        let spend: BTreeMap<_, _> = self
            .spend
            .0
            .iter()
            .map(SpendRow::to_domain)
            .collect::<Result<_, _>>()?;
        let traits = Traits {
            order_count: self.order_count,
            return_count: self.return_count,
            first_order_time: self.first_order_time.map(instant),
            last_order_time: self.last_order_time.map(instant),
            last_activity_time: self.last_activity_time.map(instant),
            spend,
        };
        Ok((CustomerId(self.customer_id), traits))
    }
}

impl SpendRow {
    fn all_of(traits: &Traits) -> Vec<Self> {
        let row = |(currency, spend): (&Currency, &Spend)| Self {
            currency: currency.code().to_owned(),
            orders: spend.order_count,
            gross: spend.gross,
            refunded: spend.refunded,
        };
        traits.spend.iter().map(row).collect()
    }

    fn to_domain(&self) -> Result<(Currency, Spend), CorruptRow> {
        let currency = Currency::parse(&self.currency).ok_or(CorruptRow {
            table: "customer_traits",
            column: "spend",
        })?;
        let Self {
            orders,
            gross,
            refunded,
            ..
        } = *self;
        Ok((
            currency,
            Spend {
                order_count: orders,
                gross,
                refunded,
            },
        ))
    }
}
