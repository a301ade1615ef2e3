//! How well things stand with people.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::health::{Band, Score};
use crate::domain::ids::CustomerId;
use crate::store::{CorruptRow, StoreError, texts};

/// How well things stand with somebody, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) customer: CustomerId,
    pub(crate) score: Score,
    pub(crate) band_time: Timestamp,
}

/// What is kept of these people.
pub(crate) async fn of(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, health_index, band, band_time
         FROM customer_health WHERE customer_id = ANY ($1)",
        customers,
    )
    .fetch_all(connection)
    .await?;
    let standings = rows.into_iter().map(|row| {
        Ok(Standing {
            customer: CustomerId(row.customer_id),
            score: Score {
                index: row.health_index,
                band: band_named(&row.band)?,
            },
            band_time: row.band_time.to_jiff(),
        })
    });
    standings.collect()
}

/// Writes how well things stand.
pub(crate) async fn put(
    connection: &mut PgConnection,
    standings: &[Standing],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = standings.iter().map(|it| it.customer.0).collect();
    let indices: Vec<i16> = standings.iter().map(|it| it.score.index).collect();
    let times: Vec<_> = standings.iter().map(|it| it.band_time.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO customer_health (customer_id, health_index, band, band_time)
         SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::timestamptz[])
         ON CONFLICT (customer_id) DO UPDATE SET
             health_index = excluded.health_index, band = excluded.band,
             band_time = excluded.band_time",
        &customers,
        &indices,
        &texts(standings, |it| it.score.band.name()) as &[&str],
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what is kept of these.
pub(crate) async fn end(
    connection: &mut PgConnection,
    customers: &[CustomerId],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = customers.iter().map(|id| id.0).collect();
    sqlx::query!(
        "DELETE FROM customer_health WHERE customer_id = ANY ($1)",
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn band_named(name: &str) -> Result<Band, StoreError> {
    let known = Band::NAMES.iter().find(|(_, known)| *known == name);
    let known = known.map(|(band, _)| *band);
    known.ok_or_else(|| {
        let (table, column) = ("customer_health", "band");
        CorruptRow { table, column }.into()
    })
}
