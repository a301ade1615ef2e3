use std::time::Duration;

use chassis::{Deadline, Refusal};
use idempotency::Key;
use idempotency::batch;
use prost::{Message, Name};
use tonic::{Request, Status};

use crate::app::Call;

/// For a call that has not come through the server's stack, which sets a deadline.
const DEFAULT_TIME: Duration = Duration::from_secs(10);

impl Call {
    /// Of a request as it came.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let caller = chassis::caller(request)?.id().to_owned();
        let deadline = request.extensions().get::<Deadline>().copied();
        let deadline = deadline.unwrap_or_else(|| Deadline::after(DEFAULT_TIME));
        Ok(Self { caller, deadline })
    }

    /// What the client sent, under its key.
    pub(super) fn request<Q: Message + Name>(
        &self,
        method: &'static str,
        request_id: &str,
        request: &Q,
    ) -> Result<batch::Request, Refusal> {
        let key = Key::new(&self.caller, method, request_id)?;
        Ok(batch::Request::new(key, request))
    }
}
