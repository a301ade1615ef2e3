//! Sources.

mod row;

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use row::{SourceRow, WithdrawnRow, observed_of};

use super::details::DetailsRow;
use super::{StoreError, documents, texts};
use crate::domain::identity::source::{Source, SourceId};

/// What was said under these homes, sorted by id, at most `limit` after one.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    after: SourceId,
    limit: i64,
) -> Result<Vec<Source>, StoreError> {
    let rows = sqlx::query_as!(
        SourceRow,
        r#"SELECT home, source_id, channel, source_key, details AS "details: _",
                  observed AS "observed: _", withdrawn AS "withdrawn: _", record_time
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
    let times = sources.iter().map(|source| source.record_time.to_sqlx());
    let times: Vec<_> = times.collect();
    sqlx::query!(
        "INSERT INTO sources (home, source_id, channel, source_key, details, observed, withdrawn,
                              record_time)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[],
                              $6::jsonb[], $7::jsonb[], $8::timestamptz[])
         ON CONFLICT (home, source_id) DO UPDATE SET
             details = excluded.details, observed = excluded.observed,
             withdrawn = excluded.withdrawn",
        &homes,
        &ids,
        &texts(sources, |source| &source.channel) as &[&str],
        &texts(sources, |source| &source.key) as &[&str],
        documents(sources, |source| DetailsRow::of(&source.details)) as _,
        documents(sources, observed_of) as _,
        documents(sources, WithdrawnRow::all_of) as _,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}
