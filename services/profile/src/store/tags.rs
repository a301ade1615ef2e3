//! What happened to tags.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use super::remarks::{Remarks, TAG};
use super::{CorruptRow, Keys, StoreError, texts};
use crate::domain::ids::CustomerId;
use crate::domain::tag::{Change, Kind};

/// The latest change of each tag that was said for each of these ids, of each of them. They may be several people's: what
/// was said for one of them of another's holds only of who is one person.
pub(crate) async fn latest(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, stood_under, change_id, tag, kind, reason, sealed_reason, source, actor,
               change_time, expire_time AS "expire_time: _", k.master_id AS "master_id!",
               k.wrapped AS "wrapped!"
           FROM (
               SELECT DISTINCT ON (customer_id, tag, stood_under) * FROM tag_changes
               WHERE customer_id = ANY ($1) AND (stood_under IS NULL OR stood_under = ANY ($1))
               ORDER BY customer_id, tag, stood_under, change_id DESC
           ) AS latest
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           ORDER BY customer_id, tag, stood_under"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    let changes = rows.into_iter().map(|row| row.into_domain(keyring));
    changes.collect()
}

/// What happened under these ids of one person before `before`, the latest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, stood_under, change_id, tag, kind, reason, sealed_reason, source, actor,
               change_time, expire_time AS "expire_time: _", k.master_id AS "master_id!",
               k.wrapped AS "wrapped!"
           FROM tag_changes
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND (stood_under IS NULL OR stood_under = ANY ($1))
               AND change_id < $2
           ORDER BY change_id DESC LIMIT $3"#,
        homes,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let changes = rows.into_iter().map(|row| row.into_domain(keyring));
    changes.collect()
}

/// Adds changes, with the keys of those for whom something is said.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
) -> Result<(), StoreError> {
    let seal = |it: &Change| keys.remark(it.by.0, TAG, it.id, &it.reason);
    let sealed: Vec<Option<Vec<u8>>> = changes.iter().map(seal).collect::<Result<_, _>>()?;
    write(connection, changes, &texts(changes, |_| ""), &sealed).await
}

/// Adds what rules have changed. The reason is the rule's, and stands in clear as it does there.
pub(crate) async fn insert_ruled(
    connection: &mut PgConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let reasons = texts(changes, |it| &it.reason);
    write(connection, changes, &reasons, &vec![None; changes.len()]).await
}

async fn write(
    connection: &mut PgConnection,
    changes: &[Change],
    reasons: &[&str],
    sealed: &[Option<Vec<u8>>],
) -> Result<(), StoreError> {
    let said_for: Vec<Uuid> = changes.iter().map(|change| change.by.0).collect();
    let stood: Vec<Option<Uuid>> = changes.iter().map(elsewhere).collect();
    let ids: Vec<Uuid> = changes.iter().map(|change| change.id).collect();
    let times: Vec<_> = changes.iter().map(|change| change.at.to_sqlx()).collect();
    let ends: Vec<Option<jiff_sqlx::Timestamp>> = changes.iter().map(end).collect();
    sqlx::query!(
        "INSERT INTO tag_changes (customer_id, change_id, tag, kind, reason, source, actor,
                                  change_time, expire_time, stood_under, sealed_reason)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                              $7::text[], $8::timestamptz[], $9::timestamptz[], $10::uuid[], $11::bytea[])",
        &said_for,
        &ids,
        &texts(changes, |it| &it.tag) as &[&str],
        &texts(changes, |it| kind_name(it.kind)) as &[&str],
        reasons as &[&str],
        &texts(changes, |it| &it.source) as &[&str],
        &texts(changes, |it| &it.actor) as &[&str],
        &times,
        ends as _,
        &stood as &[Option<Uuid>],
        sealed as &[Option<Vec<u8>>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Added { .. } => "added",
        Kind::Removed => "removed",
    }
}

fn end(change: &Change) -> Option<jiff_sqlx::Timestamp> {
    match change.kind {
        Kind::Added { until } => until.map(jiff_sqlx::ToSqlx::to_sqlx),
        Kind::Removed => None,
    }
}

/// The home, when it is another id than the one for which it was said.
fn elsewhere(change: &Change) -> Option<Uuid> {
    (change.home != change.by).then_some(change.home.0)
}

struct ChangeRow {
    customer_id: Uuid,
    stood_under: Option<Uuid>,
    change_id: Uuid,
    tag: String,
    kind: String,
    reason: String,
    sealed_reason: Option<Vec<u8>>,
    source: String,
    actor: String,
    change_time: Timestamp,
    expire_time: Option<jiff_sqlx::Timestamp>,
    master_id: String,
    wrapped: Vec<u8>,
}

impl ChangeRow {
    fn into_domain(self, keyring: &Keyring) -> Result<Change, StoreError> {
        let remarks = Remarks {
            keyring,
            customer_id: self.customer_id,
            key: Some(Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            }),
            row: self.change_id,
        };
        let reason = remarks.read(TAG, self.reason, self.sealed_reason.as_deref())?;
        let kind = match self.kind.as_str() {
            "added" => Kind::Added {
                until: self.expire_time.map(jiff_sqlx::Timestamp::to_jiff),
            },
            "removed" => Kind::Removed,
            _ => {
                let (table, column) = ("tag_changes", "kind");
                return Err(CorruptRow { table, column }.into());
            }
        };
        Ok(Change {
            id: self.change_id,
            home: CustomerId(self.stood_under.unwrap_or(self.customer_id)),
            by: CustomerId(self.customer_id),
            tag: self.tag,
            kind,
            reason,
            source: self.source,
            actor: self.actor,
            at: self.change_time,
        })
    }
}
