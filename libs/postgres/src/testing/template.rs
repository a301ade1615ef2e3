//! Migrated once, copied for every test.

use std::process;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::{APP_ROLE, OWNER_ROLE, TestError};
use crate::embedded::{Address, process_exists};
use crate::sql::identifier;
use crate::{Migrations, Provision, provision};

/// Key of the advisory lock under which templates are made: `template` in ASCII.
const KEY: i64 = 0x7465_6d70_6c61_7465;
/// Databases of dead processes that one creation clears away. Two: the number shrinks.
const SWEPT: usize = 2;

/// Name of the `number`-th test database of this process.
pub(super) fn test_name(number: u64) -> String {
    format!("test_{}_{number}", process::id())
}

/// Makes the template of `migrations` unless it exists, and returns its name.
pub(super) async fn ensure(
    admin: &mut PgConnection,
    address: &Address,
    migrations: &Migrations,
) -> Result<String, TestError> {
    let name = format!(
        "template_{}_{}",
        migrations.service(),
        migrations.fingerprint()
    );
    if exists(admin, &name).await? {
        return Ok(name);
    }
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(KEY)
        .execute(&mut *admin)
        .await?;
    let made = make(admin, address, migrations, &name).await;
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(KEY)
        .execute(admin)
        .await?;
    made.map(|()| name)
}

async fn make(
    admin: &mut PgConnection,
    address: &Address,
    migrations: &Migrations,
    name: &str,
) -> Result<(), TestError> {
    if exists(admin, name).await? {
        return Ok(()); // by another process, meanwhile
    }
    drop_outdated(admin, migrations.service()).await?;
    // It gets its name when it is whole, so a half-made one is never copied.
    let unfinished = format!("building_{}", migrations.service());
    drop_database(admin, &unfinished).await?;
    fill(admin, address, migrations, &unfinished).await?;
    let publish = format!(
        "ALTER DATABASE {old} RENAME TO {new}; ALTER DATABASE {new} ALLOW_CONNECTIONS false;",
        old = identifier(&unfinished),
        new = identifier(name)
    );
    Ok(sqlx::raw_sql(AssertSqlSafe(publish))
        .execute(admin)
        .await
        .map(drop)?)
}

/// Makes a migrated database.
pub(super) async fn fill(
    admin: &mut PgConnection,
    address: &Address,
    migrations: &Migrations,
    database: &str,
) -> Result<(), TestError> {
    provision(
        admin,
        &Provision {
            database,
            owner: OWNER_ROLE,
            app: APP_ROLE,
        },
    )
    .await?;
    let mut owner = address.options(database, OWNER_ROLE).connect().await?;
    let migrated = migrations.run(&mut owner, APP_ROLE).await;
    owner.close().await?;
    migrated?;
    Ok(())
}

/// Copies the template. Copying files takes 20 ms here, through the WAL it takes 50.
pub(super) async fn copy(
    admin: &mut PgConnection,
    template: &str,
    name: &str,
) -> Result<(), TestError> {
    let create = format!(
        "CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY",
        identifier(name),
        identifier(template),
        identifier(OWNER_ROLE)
    );
    Ok(sqlx::raw_sql(AssertSqlSafe(create))
        .execute(admin)
        .await
        .map(drop)?)
}

/// Clears away some databases whose process ended without doing so itself: a process that runs
/// one test ends before its database could be dropped.
pub(super) async fn sweep(admin: &mut PgConnection) -> Result<(), TestError> {
    let names = names_like(admin, r"test\_%").await?;
    let orphans = names
        .into_iter()
        .filter(|name| maker(name).is_some_and(|pid| !process_exists(pid)));
    for name in orphans.take(SWEPT) {
        drop_database(admin, &name).await?;
    }
    Ok(())
}

/// Drops everything that an earlier run left behind, templates excepted.
pub(super) async fn drop_leftovers(admin: &mut PgConnection) -> Result<(), TestError> {
    for pattern in [r"test\_%", r"building\_%"] {
        for name in names_like(admin, pattern).await? {
            drop_database(admin, &name).await?;
        }
    }
    Ok(())
}

async fn drop_outdated(admin: &mut PgConnection, service: &str) -> Result<(), TestError> {
    let pattern = format!("template_{service}_").replace('_', r"\_") + "%";
    for name in names_like(admin, &pattern).await? {
        drop_database(admin, &name).await?;
    }
    Ok(())
}

pub(super) async fn drop_database(admin: &mut PgConnection, name: &str) -> Result<(), TestError> {
    // Several statements would be one transaction, in which no database can be dropped.
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", identifier(name));
    Ok(sqlx::raw_sql(AssertSqlSafe(drop))
        .execute(admin)
        .await
        .map(|_| ())?)
}

async fn exists(admin: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(admin)
        .await
}

async fn names_like(admin: &mut PgConnection, pattern: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT datname FROM pg_database WHERE datname LIKE $1 ORDER BY oid")
        .bind(pattern)
        .fetch_all(admin)
        .await
}

/// Process that made a test database, from its name.
fn maker(name: &str) -> Option<u32> {
    name.strip_prefix("test_")?.split_once('_')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_database_names_its_maker() {
        assert_eq!(maker(&test_name(7)), Some(process::id()));
        assert_eq!(maker("template_profile_12"), None);
    }
}
