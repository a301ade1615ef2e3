use futures_util::{Stream, TryStreamExt as _};
use sqlx::PgConnection;

use crate::domain::audit::{Head, LinkRecord};
use crate::store::StoreError;

/// Where the chains end.
pub(crate) async fn heads(db: &mut PgConnection) -> Result<Vec<Head>, StoreError> {
    let rows = sqlx::query!("SELECT chain, link, hash FROM chain_heads ORDER BY chain")
        .fetch_all(db)
        .await?;
    let heads = rows.into_iter().map(|row| Head {
        chain: row.chain,
        link: row.link,
        hash: row.hash,
    });
    Ok(heads.collect())
}

/// All links by chain and number, with the operations that stand in them; also those that exist only
/// because operations stand in them.
pub(crate) fn links(db: &mut PgConnection) -> impl Stream<Item = Result<LinkRecord, StoreError>> {
    let rows = sqlx::query!(
        r#"
        SELECT coalesce(links.chain, members.chain) AS "chain!",
            coalesce(links.link, members.link) AS "link!",
            links.operations AS "operations?", links.hash AS "hash?",
            coalesce(members.ordinals, '{}') AS "ordinals!",
            coalesce(members.hashes, '') AS "hashes!"
        FROM chain_links AS links
        FULL JOIN (
            SELECT chain, link, array_agg(ordinal ORDER BY ordinal) AS ordinals,
                string_agg(hash, '' ORDER BY ordinal) AS hashes
            FROM operations
            GROUP BY chain, link
        ) AS members ON members.chain = links.chain AND members.link = links.link
        ORDER BY 1, 2
        "#,
    )
    .fetch(db);
    rows.map_err(StoreError::from).map_ok(|row| LinkRecord {
        chain: row.chain,
        link: row.link,
        recorded: row.operations.zip(row.hash),
        ordinals: row.ordinals,
        hashes: row.hashes,
    })
}
