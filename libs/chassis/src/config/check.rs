//! Settings that are each well-formed, but would do harm.

use super::{ClientConfig, ServerConfig, TelemetryConfig, TlsConfig};

/// A setting that would do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the setting `{setting}` is unsafe: {reason}")]
pub struct UnsafeSetting {
    /// Its key.
    pub setting: &'static str,
    /// What would happen.
    pub reason: &'static str,
}

/// The first rule that does not hold.
fn first_broken(rules: &[(bool, &'static str, &'static str)]) -> Result<(), UnsafeSetting> {
    match rules.iter().find(|(holds, _, _)| !holds) {
        Some(&(_, setting, reason)) => Err(UnsafeSetting { setting, reason }),
        None => Ok(()),
    }
}

impl ServerConfig {
    pub(super) fn check(&self) -> Result<(), UnsafeSetting> {
        first_broken(&[
            (
                self.max_connections > 0,
                "server.max_connections",
                "nobody could connect",
            ),
            (
                self.max_streams_per_connection > 0,
                "server.max_streams_per_connection",
                "nobody could call",
            ),
            (
                self.max_concurrent_calls > 0,
                "server.max_concurrent_calls",
                "nobody could call",
            ),
            (
                self.header_read_timeout_ms > 0,
                "server.header_read_timeout_ms",
                "every connection would be closed at once",
            ),
            (
                self.write_stall_timeout_ms > 0,
                "server.write_stall_timeout_ms",
                "every connection would be closed as soon as its client is slow",
            ),
            (
                self.max_connection_age_ms > 0,
                "server.max_connection_age_ms",
                "every connection would be closed at once",
            ),
            (
                self.default_deadline_ms > 0,
                "server.default_deadline_ms",
                "every call would expire",
            ),
            (
                self.default_deadline_ms <= self.max_deadline_ms,
                "server.default_deadline_ms",
                "it is longer than server.max_deadline_ms",
            ),
            (
                self.health_interval_ms > 0,
                "server.health_interval_ms",
                "the checks would run without a pause",
            ),
            (
                self.health_timeout_ms > 0,
                "server.health_timeout_ms",
                "no check could pass, so the role would never be ready",
            ),
        ])
    }
}

impl ClientConfig {
    pub(super) fn check(&self) -> Result<(), UnsafeSetting> {
        first_broken(&[
            (
                self.connect_timeout_ms > 0,
                "client.connect_timeout_ms",
                "nothing could be reached",
            ),
            (
                self.default_deadline_ms > 0,
                "client.default_deadline_ms",
                "every call would expire",
            ),
            (
                self.max_retries <= 10,
                "client.max_retries",
                "more than 10 retries only prolong an outage",
            ),
        ])
    }
}

impl TlsConfig {
    pub(super) fn check(&self) -> Result<(), UnsafeSetting> {
        let files = [&self.certificate_file, &self.key_file, &self.ca_file];
        let set = files.iter().filter(|file| file.is_some()).count();
        first_broken(&[(
            set == 0 || set == files.len(),
            "tls",
            "certificate_file, key_file and ca_file belong together: one alone protects nothing",
        )])
    }
}

impl TelemetryConfig {
    pub(super) fn check(&self) -> Result<(), UnsafeSetting> {
        first_broken(&[(
            (0.0..=1.0).contains(&self.trace_ratio),
            "telemetry.trace_ratio",
            "it is a part of the whole, from 0 to 1",
        )])
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn the_defaults_are_safe_and_contradictions_are_named() {
        let mut config = Config::defaults().unwrap();
        config.check().unwrap();
        config.server.default_deadline_ms = config.server.max_deadline_ms + 1;
        assert_eq!(
            config.check().unwrap_err().setting,
            "server.default_deadline_ms"
        );
        config.server.max_connections = 0;
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "the setting `server.max_connections` is unsafe: nobody could connect"
        );
    }
}
