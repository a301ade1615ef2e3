use std::collections::BTreeSet;

use contract::patron::profile::v1::{ProcessingRestricted, ProcessingUnrestricted};
use events::{HandlerError, Incoming};
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// That the processing of an id is restricted from now on, or is not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// The id.
    pub customer_id: Uuid,
    /// Whether it is.
    pub holds: bool,
}

/// What an event says about a restriction; `None` for events of other types.
///
/// # Errors
/// When it can't be read.
pub fn restriction(event: &Incoming) -> Result<Option<Restriction>, HandlerError> {
    let (id, holds) = match event.payload::<ProcessingRestricted>()? {
        Some(restricted) => (restricted.customer_id, true),
        None => match event.payload::<ProcessingUnrestricted>()? {
            Some(unrestricted) => (unrestricted.customer_id, false),
            None => return Ok(None),
        },
    };
    let customer_id = Uuid::try_parse(&id)?;
    Ok(Some(Restriction { customer_id, holds }))
}

/// Events in parts, each of which ends at the latest with one that says something of a restriction: so that what comes
/// before is done as it held before.
pub fn until_restrictions<'a, 'e>(
    events: &'a [&'e Incoming],
) -> impl Iterator<Item = &'a [&'e Incoming]> {
    events.chunk_by(|event, _| !matches!(restriction(event), Ok(Some(_))))
}

/// Keeps what events of a part have said. Events of one id come in their order.
///
/// # Errors
/// When the database could not be asked.
pub async fn restrict_told(
    db: &mut PgConnection,
    events: &[&Incoming],
) -> Result<(), HandlerError> {
    for event in events {
        if let Some(said) = restriction(event)? {
            restrict(db, said).await?;
        }
    }
    Ok(())
}

/// Keeps what was said.
///
/// # Errors
/// When the database could not be asked.
pub async fn restrict(db: &mut PgConnection, said: Restriction) -> Result<(), DatabaseError> {
    if said.holds {
        sqlx::query!(
            "INSERT INTO restricted_ids (customer_id) VALUES ($1) ON CONFLICT DO NOTHING",
            said.customer_id,
        )
        .execute(db)
        .await?;
    } else {
        sqlx::query!(
            "DELETE FROM restricted_ids WHERE customer_id = $1",
            said.customer_id,
        )
        .execute(db)
        .await?;
    }
    Ok(())
}

/// Which of these ids are of restricted people, under whichever of their ids the restriction is.
///
/// # Errors
/// When the database could not be asked.
pub async fn restricted_among(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeSet<Uuid>, DatabaseError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found = sqlx::query_scalar!(
        r#"SELECT DISTINCT asked AS "asked!" FROM unnest($1::uuid[]) AS asked
           LEFT JOIN person_ids AS own ON own.customer_id = asked
           LEFT JOIN person_ids AS same ON same.profile_id = own.profile_id
           JOIN restricted_ids AS r ON r.customer_id = asked OR r.customer_id = same.customer_id"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().collect())
}
