//! What happened to tags.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{CorruptRow, StoreError, texts};
use crate::domain::ids::CustomerId;
use crate::domain::tag::{Change, Kind};

/// The latest change of each tag that was said for each of these ids, of each of them. They may be several people's: what
/// was said for one of them of another's holds only of who is one person.
pub(crate) async fn latest(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT DISTINCT ON (customer_id, tag, stood_under)
               customer_id, stood_under, change_id, tag, kind, reason, source, actor,
               change_time, expire_time AS "expire_time: _"
           FROM tag_changes
           WHERE customer_id = ANY ($1) AND (stood_under IS NULL OR stood_under = ANY ($1))
           ORDER BY customer_id, tag, stood_under, change_id DESC"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ChangeRow::into_domain).collect()
}

/// What happened under these ids of one person before `before`, the latest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, stood_under, change_id, tag, kind, reason, source, actor,
               change_time, expire_time AS "expire_time: _"
           FROM tag_changes
           WHERE customer_id = ANY ($1) AND (stood_under IS NULL OR stood_under = ANY ($1))
               AND change_id < $2
           ORDER BY change_id DESC LIMIT $3"#,
        homes,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ChangeRow::into_domain).collect()
}

/// Adds changes.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let said_for: Vec<Uuid> = changes.iter().map(|change| change.by.0).collect();
    let stood: Vec<Option<Uuid>> = changes.iter().map(elsewhere).collect();
    let ids: Vec<Uuid> = changes.iter().map(|change| change.id).collect();
    let times: Vec<_> = changes.iter().map(|change| change.at.to_sqlx()).collect();
    let ends: Vec<Option<jiff_sqlx::Timestamp>> = changes.iter().map(end).collect();
    sqlx::query!(
        "INSERT INTO tag_changes (customer_id, change_id, tag, kind, reason, source, actor,
                                  change_time, expire_time, stood_under)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                              $7::text[], $8::timestamptz[], $9::timestamptz[], $10::uuid[])",
        &said_for,
        &ids,
        &texts(changes, |it| &it.tag) as &[&str],
        &texts(changes, |it| kind_name(it.kind)) as &[&str],
        &texts(changes, |it| &it.reason) as &[&str],
        &texts(changes, |it| &it.source) as &[&str],
        &texts(changes, |it| &it.actor) as &[&str],
        &times,
        ends as _,
        &stood as &[Option<Uuid>],
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
    source: String,
    actor: String,
    change_time: Timestamp,
    expire_time: Option<jiff_sqlx::Timestamp>,
}

impl ChangeRow {
    fn into_domain(self) -> Result<Change, StoreError> {
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
            reason: self.reason,
            source: self.source,
            actor: self.actor,
            at: self.change_time,
        })
    }
}
