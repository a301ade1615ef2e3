//! `patron loyalty`.

mod verify;

use crate::cli::Loyalty;

/// Runs one of the commands.
pub(crate) async fn run(command: Loyalty) -> anyhow::Result<()> {
    match command {
        Loyalty::Verify { report, access } => verify::run(report.as_deref(), &access).await,
        Loyalty::VerifyReport { file, key } => verify::check_report(&file, &key),
    }
}
