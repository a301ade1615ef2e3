//! Fingerprints by index keys that are no longer the first of the keyring are made anew, so that those can be taken out.
//! (The keys of customers `seal::attach` wraps anew.)
//!
//! A keyring is read when a replica starts, so it is looked for then, and from time to time after: a replica that was
//! not restarted yet goes on with the keys that it knows. While there are several index keys everything is looked for
//! under all of them.
//!
//! What can't be made anew is passed over, so that it keeps nothing behind it from being made, and is never left out of
//! what is told: a key that is taken out too early takes what it has made with it.

use std::time::Duration;

use seal::Fingerprint;
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
/// Most customers whose fingerprints are made together.
const CUSTOMERS: i64 = 100;
/// Time for a part of it.
const TIME: Duration = Duration::from_secs(30);

impl App {
    /// Runs until stopped. What was done is not done again after a restart.
    pub(crate) async fn keep_rotating(self, metrics: Rotation, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.renew_all(&metrics, &stop).await {
                tracing::warn!(%error, "what older keys have made could not be made anew; it is tried again");
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }

    async fn renew_all(
        &self,
        metrics: &Rotation,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let mut ids = self.keyring.index_ids();
        let (Some(index_id), Some(_)) = (ids.next(), ids.next()) else {
            return Ok(());
        };
        let mut after = Uuid::nil();
        loop {
            if stop.is_cancelled() {
                return Ok(());
            }
            let ids = self.behind(index_id, after).await?;
            let Some(last) = ids.last().copied() else {
                break;
            };
            metrics.renewed(self.renew_some(index_id, &ids).await?);
            after = last;
        }
        if self.behind(index_id, Uuid::nil()).await?.is_empty() {
            tracing::info!("no fingerprint is left that an older index key has made");
        } else {
            tracing::warn!("older index keys are still needed; it is tried again");
        }
        Ok(())
    }

    async fn behind(&self, index_id: &str, after: Uuid) -> Result<Vec<Uuid>, StoreError> {
        let mut connection = self.db.acquire().await?;
        rotation::behind(&mut connection, index_id, after, CUSTOMERS).await
    }

    /// Makes the fingerprints of some customers anew, of all together, or, when one of them fails, of each; answers of
    /// how many.
    async fn renew_some(&self, index_id: &str, ids: &[Uuid]) -> Result<usize, StoreError> {
        match self.renew(index_id, ids).await {
            Ok(()) => return Ok(ids.len()),
            // Nothing would be had of asking it again at once.
            Err(error @ StoreError::Database(_)) => return Err(error),
            Err(_) => {}
        }
        let mut renewed = 0_usize;
        for id in ids {
            match self.renew(index_id, &[*id]).await {
                Ok(()) => renewed = renewed.saturating_add(1),
                Err(error @ StoreError::Database(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(customer = %id, %error, "the fingerprints of a customer can't be made anew");
                }
            }
        }
        Ok(renewed)
    }

    async fn renew(&self, index_id: &str, ids: &[Uuid]) -> Result<(), StoreError> {
        let mut tx = self.db.begin_with_deadline(TIME).await?;
        rotation::hold(&mut tx, ids).await?;
        self.renew_registers(&mut tx, index_id, ids).await?;
        let people = customers::people(&mut tx, &self.keyring, ids).await?;
        let keys = self.keys(&mut tx, people.iter().map(|it| it.id)).await?;
        customers::update(&mut tx, &keys, &people).await?;
        rotation::note(&mut tx, ids, index_id).await?;
        tx.commit().await?;
        Ok(())
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
