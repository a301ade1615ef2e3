//! Which replica works on which shards.
//!
//! A lease is a row's word that lasts for a while by the clock of the database. It only keeps
//! replicas from working on the same shard for nothing: what makes it safe is the fence in each
//! transaction (see [`super::store::fence`]).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use postgres::{Database, DatabaseError};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use crate::{Position, SHARDS};

/// One replica's part of a feed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leases<'a> {
    pub(super) db: &'a Database,
    pub(super) source: &'a str,
    pub(super) holder: &'a str,
    pub(super) lasts: Duration,
}

/// A shard that is leased, as it stood when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) cursor: Position,
    pub(super) rewound: Option<Rewound>,
}

/// A shard that was sent back. What happened before `since` and stands at or before `until` has been
/// dealt with before, and is not wanted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rewound {
    pub(super) since: Timestamp,
    pub(super) until: Position,
}

/// What has become of the leases.
#[derive(Debug, Default)]
pub(super) struct Balance {
    /// The shards that are leased now.
    pub(super) shards: Vec<i16>,
    /// True when a shard came, went, or was lost meanwhile.
    pub(super) has_changed: bool,
}

impl Leases<'_> {
    /// Makes the rows of a feed that is consumed for the first time.
    pub(super) async fn prepare(&self) -> Result<(), DatabaseError> {
        sqlx::query!(
            "INSERT INTO consumer_cursors (source, shard)
             SELECT $1, shard FROM generate_series(0, $2) AS shard ON CONFLICT DO NOTHING",
            self.source,
            i32::from(SHARDS - 1),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Tells that this replica lives, renews what it holds, and takes or gives back shards so that
    /// all replicas have about the same number. `held` is what it believes to hold.
    pub(super) async fn balance(&self, held: &[i16]) -> Result<Balance, DatabaseError> {
        let mut tx = self.db.begin().await?;
        let replicas = 1 + self.other_replicas(&mut tx).await?;
        let fair = usize::from(SHARDS).div_ceil(replicas);
        let mut shards = self.renew(&mut tx).await?;
        let mut has_changed = shards != held;
        if shards.len() > fair {
            let surplus = shards.split_off(fair);
            self.give_back(&mut tx, &surplus).await?;
            has_changed = true;
        } else if shards.len() < fair {
            let taken = self.take(&mut tx, fair - shards.len()).await?;
            has_changed |= !taken.is_empty();
            shards.extend(taken);
            shards.sort_unstable();
        }
        tx.commit().await?;
        Ok(Balance {
            shards,
            has_changed,
        })
    }

    /// Where the leased shards stand.
    pub(super) async fn read(&self) -> Result<BTreeMap<u8, Lease>, DatabaseError> {
        let rows = sqlx::query!(
            "SELECT shard, transaction_id, position, rewound_since, rewound_transaction_id,
                 rewound_position
             FROM consumer_cursors WHERE source = $1 AND lease_holder = $2",
            self.source,
            self.holder,
        );
        let rows = rows.fetch_all(self.db.pool()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let rewound = row.rewound_since.zip(row.rewound_transaction_id);
                let rewound = rewound.zip(row.rewound_position);
                let rewound = rewound.map(|((since, transaction_id), position)| Rewound {
                    since: since.to_jiff(),
                    until: Position::from_columns(transaction_id, position),
                });
                let cursor = Position::from_columns(row.transaction_id, row.position);
                let shard = u8::try_from(row.shard).ok()?;
                Some((shard, Lease { cursor, rewound }))
            })
            .collect())
    }

    /// Gives everything back, so that others need not wait.
    pub(super) async fn release(&self) -> Result<(), DatabaseError> {
        let mut tx = self.db.begin().await?;
        let shards: Vec<i16> = (0..i16::from(SHARDS)).collect();
        self.give_back(&mut tx, &shards).await?;
        sqlx::query!(
            "DELETE FROM consumer_replicas WHERE source = $1 AND holder = $2",
            self.source,
            self.holder,
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Counts the other replicas that are alive, and forgets those that are not.
    async fn other_replicas(&self, connection: &mut PgConnection) -> Result<usize, sqlx::Error> {
        let others = sqlx::query_scalar!(
            r#"WITH gone AS (
                   DELETE FROM consumer_replicas
                   WHERE source = $1 AND holder <> $2 AND expires_at < clock_timestamp()
               ), alive AS (
                   INSERT INTO consumer_replicas (source, holder, expires_at)
                   VALUES ($1, $2, clock_timestamp() + $3)
                   ON CONFLICT (source, holder) DO UPDATE SET expires_at = excluded.expires_at
               )
               SELECT count(*) AS "others!" FROM consumer_replicas
               WHERE source = $1 AND holder <> $2 AND expires_at >= clock_timestamp()"#,
            self.source,
            self.holder,
            self.interval(),
        );
        Ok(usize::try_from(others.fetch_one(connection).await?).unwrap_or_default())
    }

    async fn renew(&self, connection: &mut PgConnection) -> Result<Vec<i16>, sqlx::Error> {
        let mut shards = sqlx::query_scalar!(
            "UPDATE consumer_cursors AS cursor SET lease_expires_at = clock_timestamp() + $3
             FROM (SELECT shard FROM consumer_cursors
                   WHERE source = $1 AND lease_holder = $2 ORDER BY shard FOR UPDATE) AS held
             WHERE cursor.source = $1 AND cursor.shard = held.shard
             RETURNING cursor.shard",
            self.source,
            self.holder,
            self.interval(),
        )
        .fetch_all(connection)
        .await?;
        shards.sort_unstable();
        Ok(shards)
    }

    /// Takes shards that nobody has, or whose holder is not heard of. Those that are locked are
    /// worked on, whatever their lease says.
    async fn take(
        &self,
        connection: &mut PgConnection,
        most: usize,
    ) -> Result<Vec<i16>, sqlx::Error> {
        sqlx::query_scalar!(
            "UPDATE consumer_cursors AS cursor
             SET lease_holder = $2, lease_expires_at = clock_timestamp() + $3
             FROM (SELECT shard FROM consumer_cursors
                   WHERE source = $1
                     AND (lease_holder IS NULL OR lease_expires_at < clock_timestamp())
                   ORDER BY shard LIMIT $4 FOR UPDATE SKIP LOCKED) AS free
             WHERE cursor.source = $1 AND cursor.shard = free.shard
             RETURNING cursor.shard",
            self.source,
            self.holder,
            self.interval(),
            i64::try_from(most).unwrap_or(i64::MAX),
        )
        .fetch_all(connection)
        .await
    }

    async fn give_back(
        &self,
        connection: &mut PgConnection,
        shards: &[i16],
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "UPDATE consumer_cursors AS cursor SET lease_holder = NULL, lease_expires_at = NULL
             FROM (SELECT shard FROM consumer_cursors
                   WHERE source = $1 AND lease_holder = $2 AND shard = ANY ($3)
                   ORDER BY shard FOR UPDATE) AS held
             WHERE cursor.source = $1 AND cursor.shard = held.shard",
            self.source,
            self.holder,
            shards,
        )
        .execute(connection)
        .await
        .map(drop)
    }

    fn interval(&self) -> PgInterval {
        let microseconds = i64::try_from(self.lasts.as_micros()).unwrap_or(i64::MAX);
        PgInterval {
            months: 0,
            days: 0,
            microseconds,
        }
    }
}
