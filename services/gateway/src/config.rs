//! The gateway's settings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chassis::client::Replicas;
use chassis::config::{
    AccessConfig, ClientConfig, ConfigError, ServerConfig, TelemetryConfig, TlsConfig,
};
use chassis::tls::Tls;
use serde::{Deserialize, Serialize};

use crate::error::GatewayError;
use crate::gateway::Limits;
use crate::retry::RetryPolicy;

/// The defaults of the section `[gateway]`, with a comment on each setting. Together with
/// [`chassis::config::DEFAULTS`] a whole configuration.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// Everything that the role needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GatewayConfig {
    /// How it listens and stops.
    pub server: ServerConfig,
    /// Who is believed.
    pub access: AccessConfig,
    /// Calls to the services.
    pub client: ClientConfig,
    /// How it proves to the services who it is.
    pub tls: TlsConfig,
    /// Logs, traces.
    pub telemetry: TelemetryConfig,
    /// What only the gateway has.
    pub gateway: GatewaySection,
}

/// `[gateway]`; each setting is described in [`DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GatewaySection {
    pub max_body_bytes: usize,
    pub max_answer_bytes: usize,
    pub gzip_from_bytes: usize,
    pub api_keys_file: Option<PathBuf>,
    pub rate_limits: RateLimits,
    pub concurrency: Concurrency,
    pub cors: Cors,
    pub upstreams: BTreeMap<String, String>,
}

/// `[gateway.rate_limits]`.
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RateLimits {
    pub per_second: u32,
    pub burst: u32,
    // A table without entries is not shown, and may be left out.
    #[serde(default)]
    pub methods: BTreeMap<String, RateLimit>,
}

/// The limit of one method.
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RateLimit {
    pub per_second: u32,
    pub burst: u32,
}

/// `[gateway.concurrency]`.
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Concurrency {
    pub calls_per_caller: u32,
    pub max_streams: u32,
    pub streams_per_caller: u32,
    pub max_anonymous_streams: u32,
    pub anonymous_streams_per_address: u32,
    pub anonymous_stream_age_ms: u64,
    pub background_percent: u8,
    pub normal_percent: u8,
}

/// `[gateway.cors]`.
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cors {
    pub allowed_origins: Vec<String>,
    pub max_age_seconds: u64,
}

/// A limit that would do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the setting `gateway.concurrency.{setting}` is unsafe: {reason}")]
pub struct UnsafeLimits {
    /// Its key.
    pub setting: &'static str,
    /// What would happen.
    pub reason: &'static str,
}

impl GatewayConfig {
    /// The compiled-in defaults: port 8080, and each service at its own name.
    pub fn defaults() -> Result<Self, Box<ConfigError>> {
        let defaults = format!("{}\n{DEFAULTS}", chassis::config::DEFAULTS);
        let listen = (
            "PATRON__SERVER__LISTEN".to_owned(),
            "0.0.0.0:8080".to_owned(),
        );
        chassis::config::load(&defaults, None, [listen]).map_err(Box::new)
    }

    /// The replicas of each service. Nothing is connected yet.
    pub(crate) fn services(&self) -> Result<BTreeMap<Arc<str>, Replicas>, GatewayError> {
        let tls = Tls::of(&self.tls)?;
        let replicas = |(role, address): (&String, &String)| {
            let replicas = chassis::client::replicas(address, &self.client, tls.as_ref());
            let replicas = replicas.map_err(|source| GatewayError::Upstream {
                role: role.clone(),
                source,
            })?;
            Ok((Arc::from(role.as_str()), replicas))
        };
        self.gateway.upstreams.iter().map(replicas).collect()
    }

    /// Refuses limits that would keep everybody out, or turn priorities round.
    pub(crate) fn check(&self) -> Result<(), UnsafeLimits> {
        let limits = &self.gateway.concurrency;
        let (background, normal) = (limits.background_percent, limits.normal_percent);
        let rules = [
            (
                limits.calls_per_caller > 0,
                "calls_per_caller",
                "nobody could call",
            ),
            (
                limits.streams_per_caller > 0,
                "streams_per_caller",
                "nobody could call",
            ),
            (limits.max_streams > 0, "max_streams", "nobody could call"),
            (
                limits.max_anonymous_streams > 0,
                "max_anonymous_streams",
                "nobody could watch its health",
            ),
            (
                limits.anonymous_streams_per_address > 0,
                "anonymous_streams_per_address",
                "nobody could watch its health",
            ),
            (
                limits.anonymous_stream_age_ms > 0,
                "anonymous_stream_age_ms",
                "nobody could watch its health",
            ),
            (
                background <= normal,
                "background_percent",
                "what can wait would go before the rest",
            ),
            (normal <= 100, "normal_percent", "it is a part of the whole"),
        ];
        match rules.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, setting, reason)) => Err(UnsafeLimits { setting, reason }),
            None => Ok(()),
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_header_bytes: usize::try_from(self.server.max_header_bytes).unwrap_or(usize::MAX),
            max_body_bytes: self.gateway.max_body_bytes,
            max_answer_bytes: self.gateway.max_answer_bytes,
            default_deadline: Duration::from_millis(self.server.default_deadline_ms),
            max_deadline: Duration::from_millis(self.server.max_deadline_ms),
            anonymous_stream_age: Duration::from_millis(
                self.gateway.concurrency.anonymous_stream_age_ms,
            ),
        }
    }

    pub(crate) fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            max_retries: self.client.max_retries,
            first_pause: Duration::from_millis(self.client.retry_initial_ms),
            max_pause: Duration::from_millis(self.client.retry_max_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_safe_and_limits_that_keep_everybody_out_are_named() {
        let mut config = GatewayConfig::defaults().unwrap();
        config.check().unwrap();
        config.gateway.concurrency.background_percent = 95;
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "the setting `gateway.concurrency.background_percent` is unsafe: \
             what can wait would go before the rest"
        );
    }
}
