//! Calls to other roles.

mod body;
mod connection;
mod identity;
mod replicas;
mod retry;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use access::{MethodRules, RulesError};
use http::Uri;

use crate::Clock;
use crate::config::{AccessConfigError, ClientConfig, Config};
use crate::tls::{Tls, TlsError};

pub use body::{BodyEnd, BodyWatch};
pub use connection::Connection;
pub use identity::Identity;
pub use replicas::{CallError, Replicas};

use retry::{RetrySettings, RetrySettingsError};

/// Why another role cannot be called, whether or not it is there.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// The address is not one.
    #[error("`{address}` is not an address such as http://profile:50051")]
    Address {
        /// What it is.
        address: String,
        /// What is wrong with it.
        source: http::uri::InvalidUri,
    },
    /// The services' own key cannot be used.
    #[error("the access settings can't be used")]
    Access(#[from] AccessConfigError),
    /// The contract's declarations cannot be read.
    #[error("the contract's access rules can't be read")]
    Rules(#[from] RulesError),
    /// The certificates cannot be used.
    #[error("the settings for TLS can't be used")]
    Tls(#[from] TlsError),
    /// TLS is asked for without certificates, or the other way round.
    #[error(
        "`{address}` does not fit to [tls]: with certificates addresses begin with https, without with http"
    )]
    Scheme {
        /// The address.
        address: String,
    },
    /// The settings for retries contradict each other.
    #[error(transparent)]
    Retry(#[from] RetrySettingsError),
}

/// Makes connections to other roles on behalf of one role. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    identity: Identity,
    rules: Arc<MethodRules>,
    config: ClientConfig,
    tls: Option<Tls>,
}

impl Connector {
    /// For the role of this name.
    pub fn new(role: &str, clock: Clock, config: &Config) -> Result<Self, ConnectorError> {
        let identity = config.access.identity(role)?;
        Ok(Self {
            identity: Identity::new(identity, clock),
            rules: Arc::new(MethodRules::from_pool(contract::pool())?),
            config: config.client.clone(),
            tls: Tls::of(&config.tls)?,
        })
    }

    /// A connection for generated clients: `CustomerServiceClient::new(connector.connect(…)?)`.
    /// It connects when it is first used, and again whenever it has been lost.
    pub fn connect(&self, address: &str) -> Result<Connection, ConnectorError> {
        let replicas = replicas(address, &self.config, self.tls.as_ref())?;
        let retries = RetrySettings::new(&self.config)?;
        let default_deadline = Duration::from_millis(self.config.default_deadline_ms);
        let rules = Arc::clone(&self.rules);
        Ok(Connection::new(
            replicas,
            self.identity.clone(),
            rules,
            retries,
            default_deadline,
        ))
    }
}

/// The replicas of a role, without identity, deadlines and retries, as the gateway needs them.
/// Resolved and connected when they are first used.
pub fn replicas(
    address: &str,
    config: &ClientConfig,
    tls: Option<&Tls>,
) -> Result<Replicas, ConnectorError> {
    let uri = checked(address, tls)?;
    Ok(Replicas::new(uri, Arc::default(), config, tls.cloned()))
}

/// The same for who knows where they are: the name is not asked for, and only stands for them.
pub fn replicas_at(
    address: &str,
    known: &[SocketAddr],
    config: &ClientConfig,
    tls: Option<&Tls>,
) -> Result<Replicas, ConnectorError> {
    let uri = checked(address, tls)?;
    Ok(Replicas::new(uri, known.into(), config, tls.cloned()))
}

fn checked(address: &str, tls: Option<&Tls>) -> Result<Uri, ConnectorError> {
    let uri: Uri = address.parse().map_err(|source| ConnectorError::Address {
        address: address.to_owned(),
        source,
    })?;
    if (uri.scheme_str() == Some("https")) != tls.is_some() {
        return Err(ConnectorError::Scheme {
            address: address.to_owned(),
        });
    }
    Ok(uri)
}
