//! Remarks about people that a release before has written in clear are sealed.
//!
//! Whoever is updated last still writes some, so they are looked for when a replica starts, and from time to time after.
//! What can't be sealed is passed over, so that it keeps nothing behind it from being sealed.

use std::slice;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::App;
use crate::domain::ids::CustomerId;
use crate::store::StoreError;
use crate::store::remarks::{self, InClear};
use crate::store::sealed::Column;

/// How often it is looked whether something is left.
const POLL: Duration = Duration::from_mins(10);
/// Most that are sealed together.
const MOST: i64 = 500;
/// Time for that.
const TIME: Duration = Duration::from_secs(30);

impl App {
    /// Runs until stopped. What was done is not done again after a restart.
    pub(crate) async fn keep_sealing_remarks(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.seal_remarks(&stop).await {
                tracing::warn!(%error, "remarks of before could not be sealed; it is tried again");
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }

    async fn seal_remarks(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        for column in remarks::columns() {
            let mut after = (Uuid::nil(), Uuid::nil());
            while !stop.is_cancelled()
                && let Some(last) = self.seal_some(column, after).await?
            {
                after = last;
            }
        }
        Ok(())
    }

    /// Seals some, all together or, when one of them fails, each; answers the place of the last, `None` when there are no
    /// more.
    async fn seal_some(
        &self,
        of: Column,
        after: (Uuid, Uuid),
    ) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        let found = {
            let mut connection = self.db.acquire().await?;
            remarks::in_clear(&mut connection, of, after, MOST).await?
        };
        match self.seal_all(of, &found).await {
            Ok(()) => {}
            // Nothing would be had of asking it again at once.
            Err(error @ StoreError::Database(_)) => return Err(error),
            Err(_) => self.seal_each(of, &found).await?,
        }
        Ok(found.last().map(|it| (it.customer_id, it.row)))
    }

    async fn seal_each(&self, of: Column, found: &[InClear]) -> Result<(), StoreError> {
        for one in found {
            match self.seal_all(of, slice::from_ref(one)).await {
                Ok(()) => {}
                Err(error @ StoreError::Database(_)) => return Err(error),
                Err(error) => {
                    let (customer, table) = (one.customer_id, of.table);
                    tracing::error!(%customer, table, %error, "a remark about a customer can't be sealed");
                }
            }
        }
        Ok(())
    }

    async fn seal_all(&self, of: Column, found: &[InClear]) -> Result<(), StoreError> {
        if found.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin_with_deadline(TIME).await?;
        let customers = found.iter().map(|it| CustomerId(it.customer_id));
        let keys = self.keys(&mut tx, customers).await?;
        remarks::seal(&mut tx, &keys, of, found).await?;
        tx.commit().await?;
        Ok(())
    }
}
