use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{AccessConfig, ConfigError, UnsafeSetting, load};

/// The defaults of the sections below, with a comment on each setting: part of the one commented
/// file that documents the configuration.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// What every role needs. Flatten it into a bigger configuration, or use it as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// How the role listens and stops.
    pub server: ServerConfig,
    /// Who is believed.
    pub access: AccessConfig,
    /// Calls to other roles.
    pub client: ClientConfig,
    /// How roles prove to each other who they are.
    pub tls: TlsConfig,
    /// Logs, traces.
    pub telemetry: TelemetryConfig,
}

impl TlsConfig {
    /// The same without certificates, so without TLS.
    #[must_use]
    pub fn off(self) -> Self {
        Self {
            certificate_file: None,
            key_file: None,
            ca_file: None,
            ..self
        }
    }
}

impl Config {
    /// The compiled-in defaults alone.
    pub fn defaults() -> Result<Self, ConfigError> {
        load(DEFAULTS, None, [])
    }

    /// Refuses settings that would do harm, with the reason.
    pub fn check(&self) -> Result<(), UnsafeSetting> {
        self.server.check()?;
        self.client.check()?;
        self.tls.check()?;
        self.telemetry.check()
    }
}

/// `[server]`; each setting is described in [`DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    pub admin_listen: SocketAddr,
    pub max_connections: usize,
    pub max_streams_per_connection: u32,
    pub max_concurrent_calls: usize,
    pub max_header_bytes: u32,
    pub header_read_timeout_ms: u64,
    pub write_stall_timeout_ms: u64,
    pub max_connection_age_ms: u64,
    pub max_connection_grace_ms: u64,
    pub keepalive_interval_ms: u64,
    pub keepalive_timeout_ms: u64,
    pub default_deadline_ms: u64,
    pub max_deadline_ms: u64,
    pub health_interval_ms: u64,
    pub health_timeout_ms: u64,
    pub drain_notice_ms: u64,
    pub drain_bound_ms: u64,
}

/// `[client]`; each setting is described in [`DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientConfig {
    pub connect_timeout_ms: u64,
    pub default_deadline_ms: u64,
    pub keepalive_interval_ms: u64,
    pub keepalive_timeout_ms: u64,
    pub resolve_interval_ms: u64,
    pub max_retries: u32,
    pub retry_initial_ms: u64,
    pub retry_max_ms: u64,
}

/// `[tls]`; each setting is described in [`DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TlsConfig {
    pub certificate_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    pub reload_interval_ms: u64,
}

/// `[telemetry]`; each setting is described in [`DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TelemetryConfig {
    pub log: String,
    pub format: LogFormat,
    pub otlp_endpoint: String,
    pub trace_ratio: f64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_defaults_are_complete_and_name_no_unknown_key() {
        let config = Config::defaults().unwrap();
        assert_eq!(config.server.listen.port(), 50051);
    }
}
