//! Whoever has not answered for long is asked again.

use std::time::Duration;

use chassis::{Deadline, Refusal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::domain::privacy::erasure::PATIENCE;
use crate::store::privacy::erasures;

/// How often is looked for erasures that are overdue.
const POLL: Duration = Duration::from_secs(5);
/// Time for one of them.
const TIME: Duration = Duration::from_secs(10);

impl App {
    /// Runs until stopped.
    pub(crate) async fn remind(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.remind_one().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    let error = tonic::Status::from(error);
                    tracing::warn!(%error, "services could not be asked again now");
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }

    /// Asks for one erasure again; tells whether there was one to ask for.
    async fn remind_one(&self) -> Result<bool, Refusal> {
        let mut tx = self.begin(Deadline::after(TIME)).await?;
        let now = self.now();
        let overdue = now.checked_sub(PATIENCE).unwrap_or(now);
        let Some(mut erasure) = erasures::lock_overdue(&mut tx, overdue).await? else {
            return Ok(false);
        };
        erasure.ask_again(now);
        self.ask(&mut tx, &erasure).await?;
        tx.commit()
            .await
            .map_err(|error| crate::refusals::database(error.into()))?;
        self.outbox.committed();
        Ok(true)
    }
}
