use crate::Clock;
use crate::paging::PageTokens;

/// What every role is handed when it is built: what it must not make for itself.
#[derive(Debug, Clone)]
pub struct Context {
    /// The one source of time and ids.
    pub clock: Clock,
    /// Page tokens under the secret that all replicas share.
    pub pages: PageTokens,
}
