//! Whether connections that come back to the pool may be used again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long it lasts: enough for a connection that was dropped just before to come back.
const LASTS: Duration = Duration::from_secs(5);

/// A server has left a `BEGIN` without an answer. What has become of it nobody knows: the answer may come the
/// next moment, and its connection be amid a transaction. The pool does not say which connection comes
/// back, so for a while none is kept: all of them led to that server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distrust(Arc<Mutex<Option<Instant>>>);

impl Distrust {
    /// Lets no connection that comes back from now on be used again, for a while.
    pub(crate) fn begin(&self) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(Instant::now() + LASTS);
    }

    /// Whether a connection that comes back now is to be closed.
    pub(crate) fn lasts(&self) -> bool {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}
