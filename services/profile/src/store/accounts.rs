//! Account managers, and who looks after whom.

mod managers;
pub(crate) mod own;
mod row;

pub(crate) use managers::{count_others, list, lock, lock_definitions, put};

use jiff_sqlx::ToSqlx as _;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::remarks::{ASSIGNMENT, ASSIGNMENT_CHANGE};
use super::sealed::Column;
use super::{Keys, StoreError, texts};
use crate::domain::accounts::{Assignment, Change, ManagerId};
use row::{AssignmentRow, ChangeRow, level_name};

/// Who looks after these ids, the oldest first. Also when the reason is lost with the key: a manager is busy with somebody
/// until the row is gone.
pub(crate) async fn of(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Assignment>, StoreError> {
    let rows = sqlx::query_as!(
        AssignmentRow,
        r#"SELECT customer_id, manager_id, level, reason, sealed_reason, actor, assign_time, counts,
               k.master_id AS "master_id?", k.wrapped AS "wrapped?"
           FROM account_assignments
           LEFT JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) ORDER BY customer_id"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    let assignments = rows.into_iter().map(|row| row.into_domain(keyring));
    assignments.collect()
}

/// The first ids, at most `limit` after one, that a manager looks after; those that do not count among them, so that
/// they have nobody who is gone when people are parted.
pub(crate) async fn homes_of(
    connection: &mut PgConnection,
    (manager, after): (&ManagerId, Uuid),
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let homes = sqlx::query_scalar!(
        "SELECT customer_id FROM account_assignments WHERE manager_id = $1 AND customer_id > $2
         ORDER BY customer_id LIMIT $3",
        manager.0,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(homes)
}

/// Writes assignments and what they changed, with the keys of those whose they are. All their managers, those before too, are locked.
pub(crate) async fn assign(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
) -> Result<(), StoreError> {
    let seal = |of: Column, row: fn(&Change) -> Uuid| -> Result<Vec<_>, _> {
        let seal = |it: &Change| {
            let Assignment { home, reason, .. } = &it.assignment;
            keys.remark(home.0, of, row(it), reason)
        };
        changes.iter().map(seal).collect()
    };
    let standing: Vec<Option<Vec<u8>>> = seal(ASSIGNMENT, |it| it.assignment.home.0)?;
    let history: Vec<Option<Vec<u8>>> = seal(ASSIGNMENT_CHANGE, |it| it.id)?;
    let homes: Vec<Uuid> = changes.iter().map(|it| it.assignment.home.0).collect();
    let ids: Vec<Uuid> = changes.iter().map(|it| it.id).collect();
    let counts: Vec<bool> = changes.iter().map(|it| it.assignment.counts).collect();
    let times = changes.iter().map(|it| it.assignment.at.to_sqlx());
    let times: Vec<jiff_sqlx::Timestamp> = times.collect();
    let previous = changes.iter().map(|it| it.previous.as_ref());
    let previous: Vec<_> = previous.map(|it| it.map(|it| it.0.as_str())).collect();
    sqlx::query!(
        "WITH told AS (
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
                                  $6::text[], $7::timestamptz[], $8::boolean[], $9::bytea[], $10::bytea[])
                 AS told (customer_id, change_id, manager_id, previous, level, actor, at, counts, reason,
                          reason_of_change)
         ), kept AS (
             INSERT INTO account_assignments (customer_id, manager_id, level, reason, sealed_reason,
                                              actor, assign_time, counts)
             SELECT customer_id, manager_id, level, '', reason, actor, at, counts FROM told
             ON CONFLICT (customer_id) DO UPDATE SET
                 manager_id = excluded.manager_id, level = excluded.level,
                 reason = excluded.reason, sealed_reason = excluded.sealed_reason,
                 actor = excluded.actor,
                 assign_time = excluded.assign_time
         )
         INSERT INTO account_assignment_changes (customer_id, change_id, manager_id,
             previous_manager_id, level, reason, sealed_reason, actor, assign_time)
         SELECT customer_id, change_id, manager_id, previous, level, '', reason_of_change, actor, at
         FROM told",
        &homes,
        &ids,
        &texts(changes, |it| &it.assignment.manager.0) as &[&str],
        &previous as &[Option<&str>],
        &texts(changes, |it| level_name(it.assignment.level)) as &[&str],
        &texts(changes, |it| &it.assignment.actor) as &[&str],
        times as _,
        &counts,
        &standing as &[Option<Vec<u8>>],
        &history as &[Option<Vec<u8>>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Of the ids of one person that have a manager, the oldest counts. To be called with all ids of those who were joined
/// or parted, once it is written who leads to whom and while they are locked.
pub(crate) async fn regroup(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<(), StoreError> {
    // All managers are locked before the first load changes: the trigger would do it in any order.
    sqlx::query!(
        "WITH told AS (
             SELECT known.customer_id, known.manager_id, known.counts,
                 row_number() OVER (PARTITION BY person.profile_id ORDER BY known.customer_id) = 1 AS is_first
             FROM account_assignments AS known JOIN customers AS person USING (customer_id)
             WHERE known.customer_id = ANY ($1)
         ), changed AS (
             SELECT * FROM told WHERE counts <> is_first
         ), locked AS (
             SELECT FROM account_managers WHERE manager_id IN (SELECT manager_id FROM changed)
             ORDER BY manager_id FOR UPDATE
         )
         UPDATE account_assignments AS known SET counts = changed.is_first
         FROM changed, (SELECT count(*) FROM locked) AS waited
         WHERE known.customer_id = changed.customer_id",
        homes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who has looked after these ids before `before`, the latest first.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, change_id, manager_id, previous_manager_id, level, reason, sealed_reason,
               actor, assign_time, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM account_assignment_changes
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND change_id < $2
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
