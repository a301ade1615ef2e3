//! Whose tokens are believed, while keys come, change and go.

mod fetch;
mod tls;
mod turns;
mod watch;

pub use tls::CertificatesError;
pub use watch::{KeyWatch, NotVerified};
