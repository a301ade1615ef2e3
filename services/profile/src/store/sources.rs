//! Sources.

mod row;

use std::collections::HashSet;

use jiff_sqlx::ToSqlx as _;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

pub(super) use row::open_said;
use row::{SourceRow, by_path, sealed};

use super::sealed::{first_of_each, of_record};
use super::{Keys, StoreError, documents, texts};
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::ids::{CustomerId, ImportId};

/// What was said under these homes, sorted by id, at most `limit` after one.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    after: SourceId,
    limit: i64,
) -> Result<Vec<Source>, StoreError> {
    let rows = sqlx::query_as!(
        SourceRow,
        r#"SELECT home, source_id, channel, import_id, said, observed AS "observed: _",
                  confirmed AS "confirmed: _", record_time, k.master_id AS "master_id!",
                  k.wrapped AS "wrapped!"
           FROM sources
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k ON k.customer_id = home
           WHERE home = ANY ($1) AND source_id > $2
           ORDER BY source_id LIMIT $3"#,
        homes,
        after.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    rows.map(|row| row.into_domain(keyring)).collect()
}

/// All that was said under these homes, sorted by id. How much there may be for one person is bounded.
pub(crate) async fn all(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Source>, StoreError> {
    list(connection, keyring, homes, SourceId(Uuid::nil()), i64::MAX).await
}

/// Writes what sources say now, new ones too.
pub(crate) async fn put(
    connection: &mut PgConnection,
    keys: &Keys,
    sources: &[Source],
) -> Result<(), StoreError> {
    let homes: Vec<Uuid> = sources.iter().map(|source| source.home.0).collect();
    let ids: Vec<Uuid> = sources.iter().map(|source| source.id.0).collect();
    let imports: Vec<Option<Uuid>> = sources.iter().map(|it| it.import.map(|id| id.0)).collect();
    let times = sources.iter().map(|source| source.record_time.to_sqlx());
    let times: Vec<_> = times.collect();
    let said = sources.iter().map(|source| sealed(source, keys));
    let said: Vec<_> = said.collect::<Result<_, _>>()?;
    let prints = |it: &Source| of_record(&keys.keyring, &it.channel, &it.key);
    let records = first_of_each(sources, prints);
    sqlx::query!(
        "INSERT INTO sources (home, source_id, channel, record, said, observed, confirmed,
                              record_time, import_id)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[],
                              $6::jsonb[], $7::jsonb[], $8::timestamptz[], $9::uuid[])
         ON CONFLICT (home, source_id) DO UPDATE SET
             said = excluded.said, observed = excluded.observed, confirmed = excluded.confirmed",
        &homes,
        &ids,
        &texts(sources, |source| &source.channel) as &[&str],
        &records.bytes,
        &said,
        documents(sources, |source| by_path(&source.observed)) as _,
        documents(sources, |source| by_path(&source.confirmed)) as _,
        &times,
        &imports as &[Option<Uuid>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A part of what an import said: under which homes, at most `limit` rows in the order of their homes.
pub(crate) async fn of_import(
    connection: &mut PgConnection,
    import: ImportId,
    limit: i64,
) -> Result<Vec<(CustomerId, SourceId)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT home, source_id FROM sources WHERE import_id = $1
         ORDER BY home, source_id LIMIT $2",
        import.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let places = rows.into_iter();
    Ok(places
        .map(|row| (CustomerId(row.home), SourceId(row.source_id)))
        .collect())
}

/// Of these homes, those under which others than these sources speak.
pub(crate) async fn homes_of_others(
    connection: &mut PgConnection,
    sources: &[(CustomerId, SourceId)],
    homes: &[Uuid],
) -> Result<HashSet<CustomerId>, StoreError> {
    let ids: Vec<Uuid> = sources.iter().map(|(_, id)| id.0).collect();
    let found = sqlx::query_scalar!(
        "SELECT DISTINCT home FROM sources WHERE home = ANY ($1) AND source_id <> ALL ($2)",
        homes,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(CustomerId).collect())
}

/// Takes sources away; answers the fingerprints of the channels' records that they spoke of, with their homes.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    sources: &[(CustomerId, SourceId)],
) -> Result<Vec<(Vec<u8>, CustomerId)>, StoreError> {
    let homes: Vec<Uuid> = sources.iter().map(|(home, _)| home.0).collect();
    let ids: Vec<Uuid> = sources.iter().map(|(_, id)| id.0).collect();
    let rows = sqlx::query!(
        "DELETE FROM sources USING unnest($1::uuid[], $2::uuid[]) AS gone (home, source_id)
         WHERE sources.home = gone.home AND sources.source_id = gone.source_id
         RETURNING sources.record, sources.home",
        &homes,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let gone = rows.into_iter();
    Ok(gone.map(|row| (row.record, CustomerId(row.home))).collect())
}
