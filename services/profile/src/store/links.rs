//! Links, those that were taken back too.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use super::remarks::{LINK, Remarks, UNDONE_LINK};
use super::{CorruptRow, Keys, StoreError, texts};
use crate::domain::identity::link::{Link, LinkId, LinkKind, Undone};
use crate::domain::ids::{CustomerId, ImportId};

struct LinkRow {
    older: Uuid,
    newer: Uuid,
    link_id: Uuid,
    kind: String,
    score_permille: i32,
    reason: String,
    actor: String,
    made_at: jiff_sqlx::Timestamp,
    import_id: Option<Uuid>,
    undone_at: Option<jiff_sqlx::Timestamp>,
    undone_by: Option<String>,
    undone_reason: Option<String>,
    sealed_reason: Option<Vec<u8>>,
    sealed_undone_reason: Option<Vec<u8>>,
    master_id: String,
    wrapped: Vec<u8>,
}

/// The links that hold these homes together, sorted by id. How many there may be is bounded.
pub(crate) async fn holding(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query_as!(
        LinkRow,
        r#"SELECT older, newer, link_id, kind, score_permille, reason, actor, made_at,
                  import_id, undone_at AS "undone_at: _", undone_by, undone_reason, sealed_reason,
                  sealed_undone_reason, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM links
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k ON k.customer_id = older
           WHERE older = ANY ($1) AND undone_at IS NULL ORDER BY link_id"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    let links = rows.into_iter().map(|row| row.into_domain(keyring));
    links.collect()
}

/// The newest `limit` before one, of all that ever joined one of these homes to another.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    before: LinkId,
    limit: i64,
) -> Result<Vec<Link>, StoreError> {
    // One index for each end; a link within the person is found at both.
    let rows = sqlx::query_as!(
        LinkRow,
        r#"SELECT older AS "older!", newer AS "newer!", link_id AS "link_id!", kind AS "kind!",
                  score_permille AS "score_permille!", reason AS "reason!", actor AS "actor!",
                  made_at AS "made_at!", import_id, undone_at AS "undone_at: _", undone_by, undone_reason,
                  sealed_reason, sealed_undone_reason, k.master_id AS "master_id!",
                  k.wrapped AS "wrapped!"
           FROM (
               SELECT * FROM (SELECT * FROM links WHERE older = ANY ($1) AND link_id < $2
                              ORDER BY link_id DESC LIMIT $3) AS by_older
               UNION
               SELECT * FROM (SELECT * FROM links WHERE newer = ANY ($1) AND link_id < $2
                              ORDER BY link_id DESC LIMIT $3) AS by_newer
           ) AS either
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k ON k.customer_id = older
           ORDER BY link_id DESC LIMIT $3"#,
        homes,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let links = rows.into_iter().map(|row| row.into_domain(keyring));
    links.collect()
}

/// Those by which a file that is taken back joined these homes to others, and that hold.
pub(crate) async fn of_import(
    connection: &mut PgConnection,
    keyring: &Keyring,
    import: ImportId,
    homes: &[Uuid],
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query_as!(
        LinkRow,
        r#"SELECT older, newer, link_id, kind, score_permille, reason, actor, made_at,
                  import_id, undone_at AS "undone_at: _", undone_by, undone_reason, sealed_reason,
                  sealed_undone_reason, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM links
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k ON k.customer_id = older
           WHERE import_id = $1 AND newer = ANY ($2) AND undone_at IS NULL
           ORDER BY link_id"#,
        import.0,
        homes,
    )
    .fetch_all(connection)
    .await?;
    let links = rows.into_iter().map(|row| row.into_domain(keyring));
    links.collect()
}

/// Adds some.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &Keys,
    links: &[Link],
) -> Result<(), StoreError> {
    let seal = |link: &Link| keys.remark(link.ends.0.0, LINK, link.id.0, &link.reason);
    let reasons: Vec<Option<Vec<u8>>> = links.iter().map(seal).collect::<Result<_, _>>()?;
    let of = |end: fn(&Link) -> CustomerId| -> Vec<Uuid> {
        links.iter().map(|link| end(link).0).collect()
    };
    let ids: Vec<Uuid> = links.iter().map(|link| link.id.0).collect();
    let scores: Vec<i32> = links.iter().map(|link| link.score_permille).collect();
    let times = links.iter().map(|link| link.made_at.to_sqlx());
    let times: Vec<jiff_sqlx::Timestamp> = times.collect();
    let imports: Vec<Option<Uuid>> = links.iter().map(|link| Some(link.import?.0)).collect();
    sqlx::query!(
        "INSERT INTO links (older, newer, link_id, kind, score_permille, reason, sealed_reason, actor,
                            made_at, import_id)
         SELECT older, newer, link_id, kind, score_permille, '', reason, actor, made_at, import_id
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::bytea[],
                     $7::text[], $8::timestamptz[], $9::uuid[])
             AS told (older, newer, link_id, kind, score_permille, reason, actor, made_at, import_id)",
        &of(|link| link.ends.0),
        &of(|link| link.ends.1),
        &ids,
        &texts(links, |link| name_of(link.kind)) as &[&str],
        &scores,
        &reasons as &[Option<Vec<u8>>],
        &texts(links, |link| &link.actor) as &[&str],
        times as _,
        &imports as &[Option<Uuid>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that one was taken back.
pub(crate) async fn undo(
    connection: &mut PgConnection,
    keys: &Keys,
    link: &Link,
    undone: &Undone,
) -> Result<(), StoreError> {
    let (older, id) = (link.ends.0.0, link.id.0);
    sqlx::query!(
        "UPDATE links SET undone_at = $3, undone_by = $4, undone_reason = '', sealed_undone_reason = $5
         WHERE older = $1 AND link_id = $2",
        older,
        id,
        undone.at.to_sqlx(),
        undone.actor,
        keys.remark(older, UNDONE_LINK, id, &undone.reason)?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl LinkRow {
    fn into_domain(self, keyring: &Keyring) -> Result<Link, StoreError> {
        let remarks = Remarks {
            keyring,
            customer_id: self.older,
            key: Some(Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            }),
            row: self.link_id,
        };
        let reason = remarks.read(LINK, self.reason, self.sealed_reason.as_deref())?;
        let undone_reason = self.undone_reason.unwrap_or_default();
        let sealed = self.sealed_undone_reason.as_deref();
        let undone_reason = remarks.read(UNDONE_LINK, undone_reason, sealed)?;
        let kind = kind_named(&self.kind).ok_or(CorruptRow {
            table: "links",
            column: "kind",
        })?;
        let undone_at = self.undone_at.map(jiff_sqlx::Timestamp::to_jiff);
        let undone = |at: Timestamp| Undone {
            at,
            actor: self.undone_by.unwrap_or_default(),
            reason: undone_reason,
        };
        Ok(Link {
            id: LinkId(self.link_id),
            ends: (CustomerId(self.older), CustomerId(self.newer)),
            kind,
            score_permille: self.score_permille,
            reason,
            actor: self.actor,
            made_at: self.made_at.to_jiff(),
            import: self.import_id.map(ImportId),
            undone: undone_at.map(undone),
        })
    }
}

const KINDS: [(&str, LinkKind); 3] = [
    ("by_hand", LinkKind::ByHand),
    ("verified_identifier", LinkKind::VerifiedIdentifier),
    ("rule", LinkKind::Rule),
];

fn name_of(kind: LinkKind) -> &'static str {
    let found = KINDS.iter().find(|(_, known)| *known == kind);
    found.map_or("", |(name, _)| name)
}

fn kind_named(name: &str) -> Option<LinkKind> {
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind)
}
