//! What makes the past of the ledger provable: a hash of each operation, and chains of hashes.
//!
//! [`seal`] hashes all that is recorded of an operation and the unchanging part of the lots that it
//! opens, in one unambiguous form. Each transaction that posts operations adds one link to one
//! chain: [`link`] hashes the link before and the operations' hashes in their order. Whoever changes,
//! adds or removes anything in the past has to make anew all links that follow; and the ends of the
//! chains stand in every signed report of a verification.
//!
//! [`pack`] is the form in which entries are stored, and so what is hashed is what is stored.

mod canonical;
mod packed;
mod seal;
#[cfg(test)]
mod tests;

pub use packed::{Packed, UnreadableEntries, pack, unpack};
pub use seal::{Fact, Opening, Text, link, seal};

/// A SHA-256.
pub type Hash = [u8; 32];

/// What stands before the first link of a chain.
pub const GENESIS: Hash = [0; 32];

/// How many chains there are. Writers that share none of them never wait for each other.
pub const CHAINS: u8 = 32;
