use std::collections::BTreeMap;

use contract::patron::profile::v1::{CustomerCreated, CustomerPlaced, CustomerRemoved};
use events::{HandlerError, Incoming};
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// The revision of what is said when a customer is made.
const FIRST: i64 = 1;

/// Where a customer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The region; empty: in none.
    pub region_code: String,
    /// The brand; empty: of none.
    pub brand: String,
    /// Of two statements about an id the one with the greater revision holds, in whatever order they arrive.
    pub revision: i64,
}

/// Keeps what these events say of where customers are, and forgets customers who are gone. Those of other types say
/// nothing.
///
/// # Errors
/// When an event can't be read, or the database could not be asked.
pub async fn place_told(db: &mut PgConnection, events: &[&Incoming]) -> Result<(), HandlerError> {
    let (mut places, mut gone) = (BTreeMap::new(), Vec::new());
    for event in events {
        if let Some((customer_id, told)) = placed(event)? {
            let known = places.entry(customer_id).or_insert_with(|| told.clone());
            if known.revision < told.revision {
                *known = told;
            }
        } else if let Some(removed) = event.payload::<CustomerRemoved>()? {
            gone.push(Uuid::try_parse(&removed.customer_id)?);
        }
    }
    place(db, &places).await?;
    // An id that is gone does not come again, so what was said of it came before.
    Ok(forget(db, &gone).await?)
}

/// What an event says of where a customer is; `None` for events of other types.
fn placed(event: &Incoming) -> Result<Option<(Uuid, Placed)>, HandlerError> {
    let (customer_id, placed) = if let Some(created) = event.payload::<CustomerCreated>()? {
        let placed = Placed {
            region_code: created.region_code,
            brand: created.brand,
            revision: FIRST,
        };
        (created.customer_id, placed)
    } else if let Some(moved) = event.payload::<CustomerPlaced>()? {
        let placed = Placed {
            region_code: moved.region_code,
            brand: moved.brand,
            revision: moved.revision,
        };
        (moved.customer_id, placed)
    } else {
        return Ok(None);
    };
    Ok(Some((Uuid::try_parse(&customer_id)?, placed)))
}

/// Keeps where customers are, each unless something newer is known of it.
///
/// # Errors
/// When the database could not be asked.
pub async fn place(
    db: &mut PgConnection,
    places: &BTreeMap<Uuid, Placed>,
) -> Result<(), DatabaseError> {
    if places.is_empty() {
        return Ok(());
    }
    // Sorted, so that two who learn of the same customers never wait for each other.
    let ids: Vec<Uuid> = places.keys().copied().collect();
    let regions: Vec<&str> = places.values().map(|it| it.region_code.as_str()).collect();
    let brands: Vec<&str> = places.values().map(|it| it.brand.as_str()).collect();
    let revisions: Vec<i64> = places.values().map(|it| it.revision).collect();
    sqlx::query!(
        "INSERT INTO person_places AS known (customer_id, region_code, brand, revision)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
         ON CONFLICT (customer_id) DO UPDATE SET
             region_code = excluded.region_code, brand = excluded.brand, revision = excluded.revision
         WHERE known.revision < excluded.revision",
        &ids,
        &regions as _,
        &brands as _,
        &revisions,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn forget(db: &mut PgConnection, ids: &[Uuid]) -> Result<(), DatabaseError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "DELETE FROM person_places WHERE customer_id = ANY ($1)",
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}
