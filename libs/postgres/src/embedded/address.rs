//! Where an embedded cluster listens.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::DatabaseUrl;

/// Part of the socket's file name; the server listens on no real port.
pub(super) const PORT: u16 = 5432;

/// The unix socket of a cluster. Who can enter its folder may connect as any role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    socket: PathBuf,
}

impl Address {
    pub(crate) fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
        }
    }

    /// Folder of the socket: what `psql -h` takes.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// URL of a database for a role; understood by psql as well.
    pub fn url(&self, database: &str, role: &str) -> DatabaseUrl {
        let socket = percent_encode(&self.socket.to_string_lossy());
        let (database, role) = (percent_encode(database), percent_encode(role));
        DatabaseUrl::new(format!(
            "postgres:///{database}?host={socket}&port={PORT}&user={role}&sslmode=disable"
        ))
    }

    /// The same for sqlx.
    pub fn options(&self, database: &str, role: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(PORT)
            .username(role)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }
}

fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_the_same_place_as_the_options() {
        let address = Address::new("/tmp/a b&c");
        let url = address.url("profile", "profile_app");
        let parsed: PgConnectOptions = url.expose().parse().expect("a valid URL");
        let options = address.options("profile", "profile_app");
        assert_eq!(parsed.get_socket(), options.get_socket());
        assert_eq!(parsed.get_username(), "profile_app");
        assert_eq!(parsed.get_database(), Some("profile"));
    }
}
