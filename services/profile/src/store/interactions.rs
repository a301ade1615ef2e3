//! Interactions, and the register of their ids.

mod row;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use row::InteractionRow;

use super::orders::After;
use super::{StoreError, documents, texts};
use crate::domain::ids::CustomerId;
use crate::domain::interaction::{InteractionKey, RecordedInteraction};

/// How far back is looked at first, in months, and then: who did much is found in few partitions, and who did little
/// in few steps.
const WINDOWS_MONTHS: [i64; 3] = [3, 12, 60];

/// Of these, the ones who exist. Nobody removes them until the transaction ends.
pub(crate) async fn hold_customers(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashSet<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT customer_id FROM customers WHERE customer_id = ANY ($1)
         ORDER BY customer_id FOR KEY SHARE",
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(CustomerId).collect())
}

/// Notes that these are recorded; answers those that were not before. `digests` must be sorted by key, or two callers
/// could wait for each other.
pub(crate) async fn register(
    connection: &mut PgConnection,
    digests: &[(&InteractionKey, [u8; 16])],
) -> Result<HashSet<InteractionKey>, StoreError> {
    let (sources, ids) = columns(digests.iter().map(|(key, _)| *key));
    let digests: Vec<&[u8]> = digests
        .iter()
        .map(|(_, digest)| digest.as_slice())
        .collect();
    let rows = sqlx::query!(
        "INSERT INTO interaction_ids (source, interaction_id, digest)
         SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
         ON CONFLICT DO NOTHING
         RETURNING source, interaction_id",
        &sources as &[&str],
        &ids as &[&str],
        &digests as &[&[u8]],
    )
    .fetch_all(connection)
    .await?;
    let new = rows.into_iter().map(|row| InteractionKey {
        source: row.source,
        id: row.interaction_id,
    });
    Ok(new.collect())
}

/// What was recorded under these keys.
pub(crate) async fn digests(
    connection: &mut PgConnection,
    keys: &[&InteractionKey],
) -> Result<HashMap<InteractionKey, Vec<u8>>, StoreError> {
    let (sources, ids) = columns(keys.iter().copied());
    let rows = sqlx::query!(
        "SELECT known.source, known.interaction_id, known.digest
         FROM unnest($1::text[], $2::text[]) AS asked (source, interaction_id)
         JOIN interaction_ids AS known USING (source, interaction_id)",
        &sources as &[&str],
        &ids as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let known = rows.into_iter().map(|row| {
        let key = InteractionKey {
            source: row.source,
            id: row.interaction_id,
        };
        (key, row.digest)
    });
    Ok(known.collect())
}

fn columns<'a>(keys: impl Iterator<Item = &'a InteractionKey>) -> (Vec<&'a str>, Vec<&'a str>) {
    keys.map(|key| (key.source.as_str(), key.id.as_str()))
        .unzip()
}

/// Adds interactions that are registered.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    recorded: &[RecordedInteraction],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = recorded.iter().map(|it| it.customer.0).collect();
    let entries: Vec<Uuid> = recorded.iter().map(|it| it.entry_id).collect();
    let times: Vec<_> = recorded
        .iter()
        .map(|it| it.interaction.time.to_sqlx())
        .collect();
    let durations: Vec<i64> = recorded
        .iter()
        .map(|it| it.interaction.duration_seconds)
        .collect();
    let recorded_at: Vec<_> = recorded.iter().map(|it| it.record_time.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO interactions (customer_id, occur_time, entry_id, source, interaction_id, kind,
                                   channel, store_id, reference, subject, duration_seconds,
                                   properties, record_time)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[],
                              $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                              $11::bigint[], $12::jsonb[], $13::timestamptz[])",
        &customers,
        &times,
        &entries,
        &texts(recorded, |it| &it.interaction.key.source) as &[&str],
        &texts(recorded, |it| &it.interaction.key.id) as &[&str],
        &texts(recorded, |it| it.interaction.kind.name()) as &[&str],
        &texts(recorded, |it| &it.interaction.channel) as &[&str],
        &texts(recorded, |it| &it.interaction.store_id) as &[&str],
        &texts(recorded, |it| &it.interaction.reference) as &[&str],
        &texts(recorded, |it| &it.interaction.subject) as &[&str],
        &durations,
        documents(recorded, |it| it.interaction.properties.clone()) as _,
        &recorded_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The latest `limit` of a person with these homes, after a place in the timeline. Of ten years only as many
/// partitions are looked at as it takes.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    after: After,
    limit: i64,
) -> Result<Vec<RecordedInteraction>, StoreError> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut until, mut found) = (after, Vec::new());
    let windows = WINDOWS_MONTHS
        .iter()
        .map(|months| Some(*months))
        .chain([None]);
    for months in windows {
        let since = months.and_then(|months| months_before(until.0, months));
        let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
        let missing = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(i64::MAX));
        found.extend(between(connection, homes, (since, until), missing).await?);
        if found.len() >= most {
            break;
        }
        until = (since, Uuid::nil());
    }
    Ok(found)
}

fn months_before(time: Timestamp, months: i64) -> Option<Timestamp> {
    let local = time.to_zoned(TimeZone::UTC);
    let before = local.checked_sub(Span::new().months(months));
    before.ok().map(|before| before.timestamp())
}

async fn between(
    connection: &mut PgConnection,
    homes: &[Uuid],
    (since, (time, entry)): (Timestamp, After),
    limit: i64,
) -> Result<Vec<RecordedInteraction>, StoreError> {
    // The bounds of time stand by themselves, too: they leave out partitions.
    let rows = sqlx::query_as!(
        InteractionRow,
        r#"SELECT customer_id, occur_time, entry_id, source, interaction_id, kind, channel, store_id,
                  reference, subject, duration_seconds, properties AS "properties: _", record_time
           FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
               SELECT * FROM interactions
               WHERE customer_id = home AND (occur_time, entry_id) < ($2, $3)
                 AND occur_time <= $2 AND occur_time >= $5
               ORDER BY occur_time DESC, entry_id DESC LIMIT $4
           ) AS latest
           ORDER BY occur_time DESC, entry_id DESC LIMIT $4"#,
        homes,
        time.to_sqlx(),
        entry,
        limit,
        since.to_sqlx(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(InteractionRow::into_domain).collect()
}

/// Of these months, given by their first days, the ones without a partition.
pub(crate) async fn missing_months(
    connection: &mut PgConnection,
    months: &BTreeSet<Date>,
) -> Result<BTreeSet<Date>, StoreError> {
    let months: Vec<_> = months.iter().map(|month| month.to_sqlx()).collect();
    let missing = sqlx::query_scalar!(
        r#"SELECT month AS "month!: jiff_sqlx::Date" FROM unnest($1::date[]) AS asked (month)
           WHERE to_regclass('interactions_' || to_char(month, 'YYYYMM')) IS NULL"#,
        &months as &[jiff_sqlx::Date],
    )
    .fetch_all(connection)
    .await?;
    Ok(missing.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
}

/// Makes the partitions of these months.
pub(crate) async fn make_months(
    connection: &mut PgConnection,
    months: &BTreeSet<Date>,
) -> Result<(), StoreError> {
    let months: Vec<_> = months.iter().map(|month| month.to_sqlx()).collect();
    sqlx::query!(
        "SELECT interactions_month(month) FROM unnest($1::date[]) AS asked (month)",
        &months as &[jiff_sqlx::Date],
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}
