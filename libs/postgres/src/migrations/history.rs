//! The history table compared with what this release knows.

use std::collections::BTreeMap;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;

use super::MigrationError;

/// Name of the history table, as sqlx has it.
pub(super) const TABLE: &str = "_sqlx_migrations";

/// First version of the services' own migrations.
const FIRST_OF_SERVICES: i64 = 1_000;

/// Where this release and the database differ in ways that can be right.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Known here, not applied there.
    pub(super) pending: Vec<i64>,
    /// Applied there by a later release.
    pub(super) newer: Vec<i64>,
}

/// One row of the history.
struct Applied {
    version: i64,
    checksum: Vec<u8>,
}

pub(super) async fn compare(
    connection: &mut PgConnection,
    union: &Migrator,
) -> Result<Comparison, MigrationError> {
    let applied = read(connection).await?;
    let known = union
        .iter()
        .map(|migration| (migration.version, &*migration.checksum))
        .collect();
    compare_with(&known, &applied)
}

async fn read(connection: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(TABLE)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version");
    let rows: Vec<(i64, Vec<u8>)> = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(version, checksum)| Applied { version, checksum })
        .collect())
}

fn compare_with(
    known: &BTreeMap<i64, &[u8]>,
    applied: &[Applied],
) -> Result<Comparison, MigrationError> {
    let mut pending = known.clone();
    let mut newer = Vec::new();
    for &Applied {
        version,
        ref checksum,
    } in applied
    {
        match pending.remove(&version) {
            Some(expected) if expected == checksum => {}
            Some(_) => return Err(MigrationError::Modified { version }),
            None if is_newer(known, version) => newer.push(version),
            None => return Err(MigrationError::Foreign { version }),
        }
    }
    Ok(Comparison {
        pending: pending.into_keys().collect(),
        newer,
    })
}

/// Each library has a range of its own, so "newer" means newer within the range.
fn is_newer(known: &BTreeMap<i64, &[u8]>, version: i64) -> bool {
    let range = |version: i64| (version / 100).min(FIRST_OF_SERVICES / 100);
    let same_range = known
        .keys()
        .filter(|known| range(**known) == range(version));
    same_range.max().is_none_or(|latest| version > *latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(known: &[i64], applied: &[i64]) -> Result<Comparison, MigrationError> {
        let known = known
            .iter()
            .map(|version| (*version, b"same".as_slice()))
            .collect();
        let row = |version: &i64| Applied {
            version: *version,
            checksum: b"same".to_vec(),
        };
        compare_with(&known, &applied.iter().map(row).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_known_and_not_applied_is_pending_in_order() {
        let found = compare(&[1, 101, 1001], &[101]).expect("no conflict");
        assert_eq!(
            found,
            Comparison {
                pending: vec![1, 1001],
                newer: vec![]
            }
        );
    }

    #[test]
    fn newer_is_judged_within_the_range_of_each_library() {
        let found = compare(&[1, 2, 100, 1001], &[1, 2, 3, 100, 201, 1001]).expect("no conflict");
        assert_eq!(
            found.newer,
            [3, 201],
            "3 of a known library, 201 of a library to come"
        );
    }

    #[test]
    fn an_unknown_version_before_our_latest_is_foreign() {
        let result = compare(&[1001, 1003], &[1001, 1002, 1003]);
        assert!(
            matches!(result, Err(MigrationError::Foreign { version: 1002 })),
            "{result:?}"
        );
    }

    #[test]
    fn an_edited_migration_is_refused() {
        let known = BTreeMap::from([(1001, b"new".as_slice())]);
        let applied = [Applied {
            version: 1001,
            checksum: b"old".to_vec(),
        }];
        let result = compare_with(&known, &applied);
        assert!(
            matches!(result, Err(MigrationError::Modified { version: 1001 })),
            "{result:?}"
        );
    }
}
