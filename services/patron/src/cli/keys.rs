//! `patron access`.

use access::Scope;
use clap::{Args, Subcommand};

/// Look after who may call.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make an API key for a machine: prints the key once, and its entry for the gateway's file of keys.
    NewKey(NewKey),
    /// Make a keyring, under which personal data is sealed and found: prints it once, for sealing.keyring_file.
    NewKeyring {
        /// What its keys are called, for example the month: `2026-11`.
        #[arg(long)]
        id: String,
    },
}

/// What the key is to be for.
#[derive(Debug, Args)]
pub(crate) struct NewKey {
    /// Whose it is, for example `shop-berlin`. Keys of one name are one caller: give a new key the name of
    /// the old one to replace it.
    #[arg(long)]
    pub(crate) name: String,

    /// A role; may be given several times.
    #[arg(long = "role", required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<String>,

    /// A permission that the roles may be used for, `*` for a part of it or for all that follows; may be
    /// given several times.
    #[arg(long = "scope", required = true, value_name = "PERMISSION", value_parser = Scope::parse)]
    pub(crate) scopes: Vec<Scope>,

    /// A region that it is for; may be given several times. Of customers elsewhere it is told nothing.
    #[arg(long = "region", value_name = "REGION")]
    pub(crate) regions: Vec<String>,

    /// For how many days it is good.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1825))]
    pub(crate) days: u16,
}
