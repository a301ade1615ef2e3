use std::path::PathBuf;

use clap::Subcommand;

use super::Access;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recompute the chains of hashes over the record of all services; fail when anything was changed,
    /// removed or added, and name it.
    Verify {
        /// Only that of this service; may be given several times.
        #[arg(long = "service", value_name = "SERVICE")]
        services: Vec<String>,

        /// Where the ends of the chains are kept: compared with what an earlier run has written there, and
        /// written when all is sound. Keep it outside of the databases.
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,

        #[command(flatten)]
        access: Access,
    },
}
