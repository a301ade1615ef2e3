//! How a service reaches its database, and the limits it keeps there.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::DatabaseError;

/// Address of a database: `postgres://user:password@host:port/database`, or
/// `postgres:///database?host=/socket/folder&user=name` for a unix socket.
///
/// Shown and serialised without its password.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes the URL as it is; it is parsed when the pool is made.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL with its password.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether no URL was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn redacted(&self) -> String {
        let (address, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let mut shown = redact_authority(address);
        for (index, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            shown.push(if index == 0 { '?' } else { '&' });
            let secret = pair.starts_with("password=");
            shown.push_str(if secret { "password=***" } else { pair });
        }
        shown
    }
}

fn redact_authority(address: &str) -> String {
    let whole = || address.to_owned();
    let Some((scheme, rest)) = address.split_once("://") else {
        return whole();
    };
    // The last `@`: a password that was not percent-encoded may hold one.
    let Some((login, host)) = rest.rsplit_once('@') else {
        return whole();
    };
    let Some((user, _password)) = login.split_once(':') else {
        return whole();
    };
    format!("{scheme}://{user}:***@{host}")
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redacted())
    }
}

/// Settings of a [`Database`](crate::Database). Every wait has a bound; `0` is refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Where the database is and as which role to enter it: the application role, not the owner.
    /// No default.
    pub url: DatabaseUrl,
    /// Name under which the connections show in `pg_stat_activity`. Default `patron`.
    pub application_name: String,
    /// Most connections of this process. Default 16: beyond a few per core more of them only add
    /// CPU per transaction.
    pub max_connections: u32,
    /// Connections kept open when idle. Default 1.
    pub min_connections: u32,
    /// Longest wait for a free connection, in milliseconds. Default 2000.
    pub acquire_timeout_ms: u64,
    /// Longest run of one statement, in milliseconds. Default 5000. A request with less time left
    /// lowers it for its own transaction.
    pub statement_timeout_ms: u64,
    /// Longest wait for a row or table lock, in milliseconds. Default 2000; at most
    /// `statement_timeout_ms`, which would otherwise hide it.
    pub lock_timeout_ms: u64,
    /// Longest time that a transaction may stay open without a statement, in milliseconds. Default
    /// 5000. An open writer holds back the event feeds of the whole cluster, so keep it short.
    pub idle_in_transaction_timeout_ms: u64,
    /// Age at which a connection is replaced, in seconds. Default 1800.
    pub max_lifetime_s: u64,
    /// Time after which an idle connection is closed, in seconds. Default 300.
    pub idle_timeout_s: u64,
    /// Silence after which TCP asks whether the other side is still there, in seconds. Default 15.
    /// Not used on unix sockets.
    pub tcp_keepalive_s: u64,
    /// Longest that sent bytes may stay unacknowledged before TCP gives the connection up, in
    /// milliseconds. Default 10000. Not used on unix sockets.
    pub tcp_user_timeout_ms: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::default(),
            application_name: "patron".to_owned(),
            max_connections: 16,
            min_connections: 1,
            acquire_timeout_ms: 2_000,
            statement_timeout_ms: 5_000,
            lock_timeout_ms: 2_000,
            idle_in_transaction_timeout_ms: 5_000,
            max_lifetime_s: 1_800,
            idle_timeout_s: 300,
            tcp_keepalive_s: 15,
            tcp_user_timeout_ms: 10_000,
        }
    }
}

impl DatabaseConfig {
    /// The defaults for the database at `url`.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            ..Self::default()
        }
    }

    /// Refuses what cannot work, naming the setting.
    pub fn validate(&self) -> Result<(), DatabaseError> {
        let wrong = |setting, reason| Err(DatabaseError::Setting { setting, reason });
        if self.url.is_empty() {
            return wrong("url", "is missing");
        }
        if let Some((setting, _)) = self.positives().into_iter().find(|(_, value)| *value == 0) {
            return wrong(setting, "must be greater than 0");
        }
        if self.min_connections > self.max_connections {
            return wrong("min_connections", "must not exceed max_connections");
        }
        if self.lock_timeout_ms > self.statement_timeout_ms {
            return wrong("lock_timeout_ms", "must not exceed statement_timeout_ms");
        }
        Ok(())
    }

    fn positives(&self) -> [(&'static str, u64); 9] {
        [
            ("max_connections", u64::from(self.max_connections)),
            ("acquire_timeout_ms", self.acquire_timeout_ms),
            ("statement_timeout_ms", self.statement_timeout_ms),
            ("lock_timeout_ms", self.lock_timeout_ms),
            (
                "idle_in_transaction_timeout_ms",
                self.idle_in_transaction_timeout_ms,
            ),
            ("max_lifetime_s", self.max_lifetime_s),
            ("idle_timeout_s", self.idle_timeout_s),
            ("tcp_keepalive_s", self.tcp_keepalive_s),
            ("tcp_user_timeout_ms", self.tcp_user_timeout_ms),
        ]
    }

    pub(crate) fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_never_shown_with_its_password() {
        for (url, shown) in [
            (
                "postgres://ann:s3cret@db:5432/p",
                "postgres://ann:***@db:5432/p",
            ),
            (
                "postgres://ann:a@b:c@db/p?x=1",
                "postgres://ann:***@db/p?x=1",
            ),
            (
                "postgres:///p?user=ann&password=s3cret",
                "postgres:///p?user=ann&password=***",
            ),
            ("postgres://ann@db/p", "postgres://ann@db/p"),
        ] {
            let url = DatabaseUrl::new(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
        }
    }

    #[test]
    fn limits_that_cannot_work_are_refused_by_name() {
        let good = DatabaseConfig::new(DatabaseUrl::new("postgres:///p"));
        assert!(good.validate().is_ok());
        let refused = |config: DatabaseConfig| match config.validate() {
            Err(DatabaseError::Setting { setting, .. }) => setting,
            other => panic!("accepted: {other:?}"),
        };
        assert_eq!(refused(DatabaseConfig::default()), "url");
        assert_eq!(
            refused(DatabaseConfig {
                max_connections: 0,
                ..good.clone()
            }),
            "max_connections"
        );
        assert_eq!(
            refused(DatabaseConfig {
                min_connections: 17,
                ..good.clone()
            }),
            "min_connections"
        );
        assert_eq!(
            refused(DatabaseConfig {
                lock_timeout_ms: 5_001,
                ..good
            }),
            "lock_timeout_ms"
        );
    }
}
