//! The ledger's tables. Whoever writes here holds the locks of the holders concerned, which
//! [`holders::lock`] takes.

pub(crate) mod holders;
pub(crate) mod holds;
pub(crate) mod lots;
pub(crate) mod operations;
pub(crate) mod restorations;
pub(crate) mod statement;
pub(crate) mod wallets;
mod write;

pub(crate) use write::{NewOperation, Writing, write};
