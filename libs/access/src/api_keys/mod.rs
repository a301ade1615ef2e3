//! API keys of machines: who they are, kept as digests, and the tokens that they are exchanged for.

mod exchange;
mod file;
mod key;
mod registry;

pub use exchange::{ExchangeError, KeyExchange};
pub use file::{ApiKeyFileError, EntryFault, NewApiKey};
pub use key::ApiKey;
pub use registry::{ApiKeyError, ApiKeys};
