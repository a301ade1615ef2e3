//! What was made by keys that are no longer the first of the keyring is made anew, so that they can be taken out.
//!
//! A keyring is read when a replica starts, so it is looked for then, and from time to time after: a replica that was
//! not restarted yet goes on with the keys that it knows. While there are several index keys everything is looked for
//! under all of them.

use std::time::Duration;

use seal::Fingerprint;
use seal::store::rewrap;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::App;
use crate::domain::identity::source::Source;
use crate::metrics::Rotation;
use crate::store::rotation::{self, Renewed};
use crate::store::sealed::{of_identifier, of_record};
use crate::store::{StoreError, customers, sources};

/// How often it is looked whether something is left.
const POLL: Duration = Duration::from_mins(10);
/// Most keys of customers that are wrapped together.
const KEYS: i64 = 1_000;
/// Most customers whose fingerprints are made together.
const CUSTOMERS: i64 = 100;
/// Time for a part of it.
const TIME: Duration = Duration::from_secs(30);

impl App {
    /// Runs until stopped. What was done is not done again after a restart.
    pub(crate) async fn keep_rotating(self, metrics: Rotation, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.rotate(&metrics, &stop).await {
                tracing::warn!(%error, "what older keys have made could not be made anew; it is tried again");
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }

    async fn rotate(&self, metrics: &Rotation, stop: &CancellationToken) -> Result<(), StoreError> {
        let mut connection = self.db.acquire().await?;
        let mut left = rotation::count_keys(&mut connection, self.keyring.master_id()).await?;
        drop(connection);
        metrics.keys_left(left);
        while left > 0 && !stop.is_cancelled() {
            let done = self.rewrap_some().await?;
            left = if done == 0 {
                0
            } else {
                left.saturating_sub(done)
            };
            metrics.keys_left(left);
        }
        if self.keyring.index_ids().nth(1).is_none() {
            return Ok(());
        }
        let mut after = Uuid::nil();
        let mut renewed = 0_usize;
        while let Some((last, count)) = self.renew_some(after).await? {
            renewed = renewed.saturating_add(count);
            metrics.renewed(count);
            after = last;
            if stop.is_cancelled() {
                return Ok(());
            }
        }
        tracing::info!(
            renewed,
            "no fingerprint is left that an older index key has made"
        );
        Ok(())
    }

    async fn rewrap_some(&self) -> Result<i64, StoreError> {
        let mut tx = self.db.begin_with_deadline(TIME).await?;
        let done = rewrap(&mut tx, &self.keyring, KEYS).await?;
        tx.commit().await?;
        Ok(i64::try_from(done).unwrap_or(i64::MAX))
    }

    /// Makes the fingerprints of some customers anew; answers the last one, and how many there were.
    async fn renew_some(&self, after: Uuid) -> Result<Option<(Uuid, usize)>, StoreError> {
        let Some(index_id) = self.keyring.index_ids().next() else {
            return Ok(None);
        };
        let mut tx = self.db.begin_with_deadline(TIME).await?;
        let ids = rotation::behind(&mut tx, index_id, after, CUSTOMERS).await?;
        let Some(last) = ids.last().copied() else {
            return Ok(None);
        };
        rotation::hold(&mut tx, &ids).await?;
        self.renew_registers(&mut tx, index_id, &ids).await?;
        let people = customers::people(&mut tx, &self.keyring, &ids).await?;
        let keys = self.keys(&mut tx, people.iter().map(|it| it.id)).await?;
        customers::update(&mut tx, &keys, &people).await?;
        rotation::note(&mut tx, &ids, index_id).await?;
        tx.commit().await?;
        Ok(Some((last, ids.len())))
    }

    async fn renew_registers(
        &self,
        db: &mut PgConnection,
        index_id: &str,
        homes: &[Uuid],
    ) -> Result<(), StoreError> {
        let said = sources::all(db, &self.keyring, homes).await?;
        let of_source = |source: &Source| {
            let identifiers = source.details.identifiers.iter();
            let prints = identifiers.map(|it| of_identifier(&self.keyring, &it.key));
            prints.collect::<Vec<_>>()
        };
        let identifiers: Vec<_> = said.iter().flat_map(of_source).flat_map(renewed).collect();
        rotation::renew_identifiers(db, &identifiers, index_id).await?;
        let records = said.iter();
        let records = records.map(|it| of_record(&self.keyring, &it.channel, &it.key));
        let records: Vec<_> = records.flat_map(renewed).collect();
        rotation::renew_records(db, &records, index_id, homes).await
    }
}

/// Each of the fingerprints by older keys, with the one by the first.
fn renewed(prints: Vec<Fingerprint>) -> Vec<Renewed> {
    let mut prints = prints.into_iter();
    let Some(first) = prints.next() else {
        return Vec::new();
    };
    let older = prints.map(|print| Renewed {
        before: print.bytes.to_vec(),
        now: first.bytes.to_vec(),
    });
    older.collect()
}
