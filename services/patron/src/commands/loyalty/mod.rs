//! `patron loyalty`.

mod parked;
mod program;
mod verify;
mod verify_draw;

use crate::cli::Loyalty;

/// Runs one of the commands.
pub(crate) async fn run(command: Loyalty) -> anyhow::Result<()> {
    match command {
        Loyalty::Verify { report, access } => verify::run(report.as_deref(), &access).await,
        Loyalty::VerifyReport { file, key } => verify::check_report(&file, &key),
        Loyalty::VerifyDraw(arguments) => verify_draw::run(arguments).await,
        Loyalty::Program(command) => program::run(command).await,
        Loyalty::Parked(command) => parked::run(command).await,
    }
}
