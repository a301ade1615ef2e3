//! Traits, and the lock under which activity is recorded.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::homes::ids;
use super::{CorruptRow, StoreError, documents};
use crate::domain::identity::homes::Homes;
use crate::domain::ids::CustomerId;
use crate::domain::money::Currency;
use crate::domain::traits::{Spend, Traits};

/// Reads the figures of each of these homes.
pub(crate) async fn of(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<(CustomerId, Traits)>, StoreError> {
    let rows = sqlx::query_as!(
        TraitsRow,
        r#"SELECT customer_id, profile_id, absorbed, order_count, return_count, first_order_time AS "first_order_time: _",
                  last_order_time AS "last_order_time: _",
                  last_activity_time AS "last_activity_time: _", spend AS "spend: _"
           FROM customer_traits WHERE customer_id = ANY ($1)"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    let figures = rows.into_iter().map(|row| {
        let (homes, traits) = row.into_domain()?;
        Ok((homes.profile, traits))
    });
    figures.collect()
}

/// Locks those whom these ids lead to for recording activity, in ascending order, and reads the figures
/// under their own ids. The lock holds for all that leads there. Who does not exist is not in the answer;
/// an id may lead elsewhere by the time the lock is had: then nobody in the answer has it.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(Homes, Traits)>, StoreError> {
    // What is selected from the locked row itself is its latest version, not the snapshot's.
    let rows = sqlx::query_as!(
        TraitsRow,
        r#"SELECT customer_id, profile_id, absorbed, order_count, return_count, first_order_time AS "first_order_time: _",
                  last_order_time AS "last_order_time: _",
                  last_activity_time AS "last_activity_time: _", spend AS "spend: _"
           FROM customer_traits
           WHERE customer_id = ANY (ARRAY(
               SELECT profile_id FROM customer_traits WHERE customer_id = ANY ($1)))
           ORDER BY customer_id FOR NO KEY UPDATE"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    let is_known = |row: &TraitsRow| row.profile_id == row.customer_id;
    rows.into_iter()
        .filter(is_known)
        .map(TraitsRow::into_domain)
        .collect()
}

/// Lets ids lead to those who were made of them, who are written already.
pub(crate) async fn regroup(
    connection: &mut PgConnection,
    people: &[Homes],
) -> Result<(), StoreError> {
    let pairs = people.iter().flat_map(|it| {
        let ids = it.ids().into_iter();
        ids.map(|id| (id, it.profile.0))
    });
    let (ids, profiles): (Vec<Uuid>, Vec<Uuid>) = pairs.unzip();
    sqlx::query!(
        "UPDATE customer_traits AS known SET
             profile_id = told.profile_id,
             absorbed = CASE known.customer_id
                 WHEN told.profile_id THEN (SELECT absorbed FROM customers AS person
                                            WHERE person.customer_id = told.profile_id)
                 ELSE '{}' END
         FROM unnest($1::uuid[], $2::uuid[]) AS told (customer_id, profile_id)
         WHERE known.customer_id = told.customer_id",
        &ids,
        &profiles,
    )
    .execute(connection)
    .await?;
    Ok(())
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
    profile_id: Uuid,
    absorbed: Vec<Uuid>,
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
    fn into_domain(self) -> Result<(Homes, Traits), StoreError> {
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
        let homes = Homes {
            profile: CustomerId(self.customer_id),
            absorbed: ids(self.absorbed),
        };
        Ok((homes, traits))
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
