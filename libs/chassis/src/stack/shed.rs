use std::sync::Arc;
use std::time::Duration;

use contract::patron::r#type::v1::ErrorReason;
use http::Response;
use tokio::sync::Semaphore;
use tonic::Code;
use tonic::body::Body;

use super::{Around, Call, Handler, Target, refuse};
use crate::Refusal;
use crate::config::ServerConfig;

/// When a refused caller may try again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Refuses calls beyond what the role can work on at once, instead of letting all become slow.
#[derive(Clone)]
pub(super) struct Shed {
    slots: Arc<Semaphore>,
}

impl Shed {
    pub(super) fn new(config: &ServerConfig) -> Self {
        let slots = config.max_concurrent_calls.min(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(slots)),
        }
    }
}

impl Around for Shed {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        // Streams last for ever and are bounded by connection. Health must be told above all when
        // there is too much to do.
        if call.is_streaming() || matches!(call.target, Target::Infrastructure) {
            return rest.handle(call).await;
        }
        let Ok(_slot) = self.slots.try_acquire() else {
            let message = "too many calls at once";
            let refusal = Refusal::new(Code::ResourceExhausted, ErrorReason::Overloaded, message);
            return refuse(refusal.retry_after(RETRY_AFTER));
        };
        rest.handle(call).await
    }
}
