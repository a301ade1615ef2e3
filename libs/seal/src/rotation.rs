//! Keys of customers that are under a master key other than the first of the keyring are put under that one, so that
//! the older can be taken out.
//!
//! A keyring is read when a replica starts, so it is looked for then, and from time to time after: a replica that was
//! not restarted yet goes on with the keys that it knows.
//!
//! What does not open is passed over, so that it keeps nothing behind it from being wrapped anew, and is never left out
//! of what is told: a master key that is taken out too early takes what it has sealed with it.

use std::time::Duration;

use chassis::Service;
use postgres::Database;
use prometheus_client::metrics::gauge::Gauge;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Keyring;
use crate::store::{KeyError, Rewrapped, count_to_rewrap, rewrap};

/// How often it is looked whether something is left.
const POLL: Duration = Duration::from_mins(10);
/// Most keys of customers that are wrapped together.
const KEYS: i64 = 1_000;
/// Time for a part of it.
const TIME: Duration = Duration::from_secs(30);
/// Before they were counted it must not look as if none were left.
const NOT_COUNTED: i64 = -1;

/// Adds the rotation of master keys to the service of this name: keys in its database are wrapped anew while it goes
/// on, in every replica. The metric `<name>_keys_to_rewrap` is how many are left.
#[must_use]
pub fn attach(service: Service, name: &str, db: &Database, keyring: &Keyring) -> Service {
    let left = Gauge::default();
    left.set(NOT_COUNTED);
    let help = "Keys of customers that are under a master key other than the one in use; -1: not counted yet";
    let metric = format!("{name}_keys_to_rewrap");
    service.metrics().register(&metric, help, left.clone());
    let rotation = Rotation {
        db: db.clone(),
        keyring: keyring.clone(),
        left,
    };
    service.task("master-key-rotation", move |stop| {
        rotation.clone().run(stop)
    })
}

#[derive(Clone)]
struct Rotation {
    db: Database,
    keyring: Keyring,
    left: Gauge,
}

impl Rotation {
    /// Runs until stopped. What was done is not done again after a restart.
    async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.rotate(&stop).await {
                tracing::warn!(%error, "keys of customers could not be wrapped anew; it is tried again");
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }

    async fn rotate(&self, stop: &CancellationToken) -> Result<(), KeyError> {
        if self.count().await? == 0 {
            return Ok(());
        }
        self.rewrap_all(stop).await?;
        // Counted rather than subtracted: others hold some of the keys, and some don't open.
        let left = self.count().await?;
        if left > 0 {
            tracing::warn!(
                left,
                "older master keys are still needed; it is tried again"
            );
        }
        Ok(())
    }

    async fn count(&self) -> Result<i64, KeyError> {
        let mut connection = self.db.acquire().await?;
        let left = count_to_rewrap(&mut connection, &self.keyring).await?;
        self.left.set(left);
        Ok(left)
    }

    async fn rewrap_all(&self, stop: &CancellationToken) -> Result<(), KeyError> {
        let mut after = Uuid::nil();
        while !stop.is_cancelled()
            && let Some(some) = self.rewrap_some(after).await?
        {
            for id in some.unopened {
                tracing::error!(customer = %id, "the key of a customer does not open");
            }
            after = some.last;
        }
        Ok(())
    }

    async fn rewrap_some(&self, after: Uuid) -> Result<Option<Rewrapped>, KeyError> {
        let mut tx = self.db.begin_with_deadline(TIME).await?;
        let some = rewrap(&mut tx, &self.keyring, after, KEYS).await?;
        tx.commit().await?;
        Ok(some)
    }
}
