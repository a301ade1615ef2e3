//! `patron loyalty`.

use bytes::Bytes;
use serde_json::Value;

use super::access::Target;
use super::path::encoded;
use crate::cli::Loyalty;
use crate::output::say;

/// Runs one of the commands.
pub(crate) async fn run(command: Loyalty) -> anyhow::Result<()> {
    let Loyalty::Verify { program, access } = command;
    let client = Target::find(&access)?.client()?;
    let path = format!("/v1/programs/{}:verifyLedger", encoded(&program));
    let answer = client
        .post(&path, Bytes::from_static(b"{}"))
        .await?
        .json()?;
    say(&answer);
    anyhow::ensure!(
        answer.get("balanced").and_then(Value::as_bool) == Some(true),
        "the ledger of {program} does not add up: {}",
        answer
            .get("difference")
            .and_then(Value::as_str)
            .unwrap_or("the server does not say where")
    );
    Ok(())
}
