//! One file per command.

mod access;
pub(crate) mod audit;
pub(crate) mod customers;
pub(crate) mod events;
pub(crate) mod healthcheck;
pub(crate) mod import;
pub(crate) mod loyalty;
pub(crate) mod migrate;
pub(crate) mod new_key;
pub(crate) mod new_keyring;
mod path;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod up;
