//! Configuration: compiled-in defaults, then a file, then the environment.

mod access;
mod check;
mod load;
mod sections;

pub use crate::issuers::CertificatesError;
pub use access::{AccessConfig, AccessConfigError, IssuerConfig, IssuerRole};
pub use check::UnsafeSetting;
pub use load::{ConfigError, Source, environment, load};
pub use sections::{
    ClientConfig, Config, DEFAULTS, LogFormat, ServerConfig, TelemetryConfig, TlsConfig,
};
