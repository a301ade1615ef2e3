use chassis::{Deadline, Refusal};
use idempotency::{Claim, Claimed, Keeping, Key};
use prost::{Message, Name};
use tonic::{Response, Status};

use super::{AppError, Loyalty};

/// Who calls, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) caller: String,
    pub(crate) deadline: Deadline,
}

/// Doing something once for each request, however often it comes: its effect and its outcome are
/// committed together, refusals too.
impl Loyalty {
    /// Claims the key of a request.
    pub(crate) async fn claim<Q: Message + Name, R: Message + Default>(
        &self,
        call: &Call,
        (method, request_id): (&'static str, &str),
        request: &Q,
    ) -> Result<Claim<Q, R>, Refusal> {
        let key = Key::new(&call.caller, method, request_id)?;
        idempotency::claim(
            &self.db,
            &Keeping::Clear,
            call.deadline,
            key,
            request,
            self.now(),
        )
        .await
    }

    /// Keeps the outcome, and the effect with it.
    pub(crate) async fn finish<Q: Message + Name, R: Message + Default>(
        &self,
        claimed: Claimed<Q, R>,
        outcome: Result<R, AppError>,
    ) -> Result<Response<R>, Status> {
        let answer = claimed.finish(outcome.map_err(Refusal::from)).await;
        self.outbox.committed();
        answer
    }
}
