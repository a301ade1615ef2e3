//! `dev.env`: how the commands find a Patron that runs on this machine.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Where `patron up` keeps its data unless told otherwise.
pub(crate) const DATA_DIR: &str = ".patron";

/// The name of the file in it.
pub(crate) const FILE: &str = "dev.env";

/// What the file tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DevEnv {
    /// The gateway's URL.
    pub(crate) url: String,
    /// The gateway's address for gRPC: `host:port`.
    pub(crate) grpc: String,
    /// A token of the operator.
    pub(crate) token: String,
}

impl DevEnv {
    /// For a gateway at this address.
    pub(crate) fn new(gateway: SocketAddr, token: String) -> Self {
        Self {
            url: format!("http://{gateway}"),
            grpc: gateway.to_string(),
            token,
        }
    }

    /// Reads the file; `None` when there is none.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(Self::parse(&text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Self {
        let value = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once('='));
            lines
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
                .unwrap_or_default()
        };
        Self {
            url: value("PATRON_URL"),
            grpc: value("PATRON_GRPC"),
            token: value("PATRON_TOKEN"),
        }
    }

    /// Replaces the file. Only its owner can read it, from the first moment; whoever waits for it
    /// finds it whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("env.new");
        // A left-over might have other rights.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        let Self { url, grpc, token } = self;
        write!(
            file,
            "PATRON_URL={url}\nPATRON_GRPC={grpc}\nPATRON_TOKEN={token}\n"
        )?;
        file.sync_all()?;
        std::fs::rename(new, path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_file_is_for_its_owner_and_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(DevEnv::read(&path).unwrap(), None);
        for token in ["first", "second"] {
            let written = DevEnv::new("127.0.0.1:8080".parse().unwrap(), token.to_owned());
            written.write(&path).unwrap();
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            assert_eq!(DevEnv::read(&path).unwrap(), Some(written));
        }
    }
}
