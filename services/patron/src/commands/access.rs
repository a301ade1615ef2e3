//! Finding the server and the token.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::Access;
use crate::client::Client;
use crate::dev_env::{DATA_DIR, DevEnv, FILE};

/// Where the API is, and by what right.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Target {
    /// What the command line or the environment says, else what a Patron on this machine wrote.
    pub(crate) fn find(access: &Access) -> anyhow::Result<Self> {
        let path = Path::new(DATA_DIR).join(FILE);
        let local =
            DevEnv::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        let local = local.unwrap_or_default();
        let url = access.url.clone().unwrap_or(local.url);
        anyhow::ensure!(
            !url.is_empty(),
            "no server is named: give --url or PATRON_URL, or run this where `patron up` runs \
             ({} is not here)",
            path.display()
        );
        Ok(Self {
            url,
            token: access.token.clone().unwrap_or(local.token),
        })
    }

    /// A client of it.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(&self.url, &self.token)?)
    }
}
