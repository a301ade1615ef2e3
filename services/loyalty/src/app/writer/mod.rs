//! Group commit for calls that move points.
//!
//! Committing costs far more than deciding, and so do the round trips of a transaction. So calls are
//! not served each by a transaction of its own: holders are divided among a few writers, each of which
//! takes all calls that have come while its last transaction was committed, decides them one after the
//! other over rows that were locked and read once, and commits them together. When there is little to
//! do a call goes alone and waits for nobody; the more there is, the less each costs.
//!
//! A call's place in a batch changes nothing of its meaning: calls on a wallet are decided in the
//! order of their coming, a refused one leaves nothing behind, and each has its own key and outcome.

mod batch;
mod command;
mod job;
mod metrics;
mod shard;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::r#type::v1::ErrorReason;
use idempotency::batch::Request;
use tokio::sync::{mpsc, oneshot};
use tonic::{Code, Response, Status};
use uuid::Uuid;

use super::Loyalty;

pub(crate) use command::{Command, Decision, try_out};
pub(crate) use metrics::WriterMetrics;

use job::{Job, Pending};

/// Calls that may wait for one writer. Beyond them a caller is told at once.
const QUEUE: usize = 1_024;
/// Most writers: each has a chain of its own, and half of the chains are theirs.
pub(crate) const MAX_SHARDS: u8 = crate::domain::chain::CHAINS / 2;
/// When a caller who was turned away may try again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// The writers. Cheap to clone; they end when the last clone is gone.
#[derive(Clone)]
pub(crate) struct Writer {
    shards: Arc<[mpsc::Sender<Box<dyn Pending>>]>,
}

impl Writer {
    /// Starts so many writers, within a Tokio runtime.
    pub(crate) fn start(loyalty: &Loyalty, shards: u8, metrics: &WriterMetrics) -> Self {
        let shards = shards.clamp(1, MAX_SHARDS);
        let loyalty = Loyalty {
            // A writer has one transaction at a time, and looks keys up beside it.
            db: loyalty.db.keyed(2 * u32::from(shards)),
            ..loyalty.clone()
        };
        let start = |chain| {
            let (sender, queue) = mpsc::channel(QUEUE);
            let shard = shard::Shard::new(loyalty.clone(), chain, metrics.clone());
            tokio::spawn(shard.run(queue));
            sender
        };
        let shards = (0..shards).map(start).collect();
        Self { shards }
    }

    /// Has a command carried out once for each request, however often it comes.
    ///
    /// # Errors
    /// The command's own refusals; RESOURCE_EXHAUSTED `OVERLOADED` when too many wait;
    /// DEADLINE_EXCEEDED, without an effect, when its time is over before its turn has come.
    pub(crate) async fn submit<C: Command>(
        &self,
        request: Request,
        command: C,
        deadline: Deadline,
    ) -> Result<Response<C::Reply>, Status> {
        let shard = self.shard_of(command.holder_id());
        let (answer, answered) = oneshot::channel();
        let job = Job::new(request, command, deadline, answer);
        let Some(Ok(())) = shard.map(|shard| shard.try_send(Box::new(job))) else {
            return Err(overloaded().into());
        };
        answered.await.unwrap_or_else(|_| Err(broken_off().into()))
    }

    fn shard_of(&self, holder_id: Uuid) -> Option<&mpsc::Sender<Box<dyn Pending>>> {
        // The last byte of an id is random.
        let [.., byte] = holder_id.into_bytes();
        let shard = usize::from(byte).checked_rem(self.shards.len())?;
        self.shards.get(shard)
    }
}

fn overloaded() -> Refusal {
    let message = "too many calls wait to be written";
    Refusal::new(Code::ResourceExhausted, ErrorReason::Overloaded, message).retry_after(RETRY_AFTER)
}

fn broken_off() -> Refusal {
    let message = "the writer broke off; the same request again tells the outcome";
    Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message).retry_after(RETRY_AFTER)
}
