//! Why a gateway does not start.

use chassis::config::AccessConfigError;
use thiserror::Error;

use crate::api_keys::ApiKeysError;
use crate::config::UnsafeLimits;
use crate::edge::CorsError;
use crate::retry::RetryPolicyError;
use crate::surface::SurfaceError;

/// A gateway that cannot be made.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// The contract cannot be exposed.
    #[error("the contract cannot be exposed")]
    Surface(#[from] SurfaceError),
    /// A service's address or the settings of calls to services cannot be used.
    #[error("the service {role} cannot be called")]
    Upstream {
        /// The role.
        role: String,
        /// What is wrong.
        source: chassis::client::ConnectorError,
    },
    /// What proves to the services who it is cannot be used.
    #[error("the settings for TLS cannot be used")]
    Tls(#[from] chassis::tls::TlsError),
    /// The pauses between retries contradict each other.
    #[error(transparent)]
    Retries(#[from] RetryPolicyError),
    /// The keys for checking tokens cannot be used.
    #[error("the access settings cannot be used")]
    Access(#[from] AccessConfigError),
    /// A limit would do harm.
    #[error(transparent)]
    Unsafe(#[from] UnsafeLimits),
    /// The API keys cannot be used.
    #[error(transparent)]
    ApiKeys(#[from] ApiKeysError),
    /// The contract cannot be reflected.
    #[error("the contract cannot be reflected")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The OpenAPI document cannot be written.
    #[error("the OpenAPI document cannot be written")]
    OpenApi(#[from] serde_json::Error),
    /// The origins of web pages cannot be used.
    #[error(transparent)]
    Cors(#[from] CorsError),
    /// The role cannot be started.
    #[error(transparent)]
    Serve(#[from] chassis::ServeError),
}
