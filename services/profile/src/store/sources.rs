//! Sources.

mod row;

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use row::{SourceRow, WithdrawnRow, by_path};

use super::details::DetailsRow;
use super::{StoreError, documents, texts};
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::ids::{CustomerId, ImportId};

/// What was said under these homes, sorted by id, at most `limit` after one.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    after: SourceId,
    limit: i64,
) -> Result<Vec<Source>, StoreError> {
    let rows = sqlx::query_as!(
        SourceRow,
        r#"SELECT home, source_id, channel, source_key, import_id, details AS "details: _",
                  observed AS "observed: _", confirmed AS "confirmed: _", withdrawn AS "withdrawn: _", record_time
           FROM sources WHERE home = ANY ($1) AND source_id > $2
           ORDER BY source_id LIMIT $3"#,
        homes,
        after.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(SourceRow::into_domain).collect()
}

/// All that was said under these homes, sorted by id. How much there may be for one person is bounded.
pub(crate) async fn all(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<Source>, StoreError> {
    list(connection, homes, SourceId(Uuid::nil()), i64::MAX).await
}

/// Writes what sources say now, new ones too.
pub(crate) async fn put(
    connection: &mut PgConnection,
    sources: &[Source],
) -> Result<(), StoreError> {
    let homes: Vec<Uuid> = sources.iter().map(|source| source.home.0).collect();
    let ids: Vec<Uuid> = sources.iter().map(|source| source.id.0).collect();
    let imports: Vec<Option<Uuid>> = sources.iter().map(|it| it.import.map(|id| id.0)).collect();
    let times = sources.iter().map(|source| source.record_time.to_sqlx());
    let times: Vec<_> = times.collect();
    sqlx::query!(
        "INSERT INTO sources (home, source_id, channel, source_key, details, observed, withdrawn,
                              record_time, import_id, confirmed)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[],
                              $6::jsonb[], $7::jsonb[], $8::timestamptz[], $9::uuid[],
                              $10::jsonb[])
         ON CONFLICT (home, source_id) DO UPDATE SET
             details = excluded.details, observed = excluded.observed,
             withdrawn = excluded.withdrawn, confirmed = excluded.confirmed",
        &homes,
        &ids,
        &texts(sources, |source| &source.channel) as &[&str],
        &texts(sources, |source| &source.key) as &[&str],
        documents(sources, |source| DetailsRow::of(&source.details)) as _,
        documents(sources, |source| by_path(&source.observed)) as _,
        documents(sources, WithdrawnRow::all_of) as _,
        &times,
        &imports as &[Option<Uuid>],
        documents(sources, |source| by_path(&source.confirmed)) as _,
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

/// Takes sources away; answers the homes and the channels' own ids of what they spoke of.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    sources: &[(CustomerId, SourceId)],
) -> Result<Vec<(String, CustomerId)>, StoreError> {
    let homes: Vec<Uuid> = sources.iter().map(|(home, _)| home.0).collect();
    let ids: Vec<Uuid> = sources.iter().map(|(_, id)| id.0).collect();
    let rows = sqlx::query!(
        "DELETE FROM sources USING unnest($1::uuid[], $2::uuid[]) AS gone (home, source_id)
         WHERE sources.home = gone.home AND sources.source_id = gone.source_id
         RETURNING sources.source_key, sources.home",
        &homes,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let gone = rows.into_iter();
    Ok(gone
        .map(|row| (row.source_key, CustomerId(row.home)))
        .collect())
}
