//! Files of customers: sent to the API and fetched from it.
//!
//! How far an import is, the server knows; nothing is noted here. The same file with the same meaning is the same
//! import: its `request_id` is a digest of both.

mod encoding;
mod export;
mod plan;
mod table;
mod upload;

pub(crate) use export::{Wanted, export};
pub(crate) use plan::{Mapping, Settings};
pub(crate) use upload::{Imported, Uploading};

use std::path::PathBuf;
use std::time::Duration;

use crate::client::{Answer, ClientError, Patience};

/// How long to go on while the server is away.
const PATIENCE: Duration = Duration::from_mins(10);

/// Why a file was not imported, or not exported, to its end. Running it again goes on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CustomersError {
    /// The file can't be read, or the list of errors can't be written.
    #[error("the file {path}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    /// From the server.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The server takes nothing of a piece in that is larger than any row.
    #[error("the server does not go on after byte {offset}")]
    Stuck { offset: u64 },
    /// The answer is not what the contract says.
    #[error("the answer can't be understood")]
    Answer(#[source] serde_json::Error),
    /// The server has given up within its answer.
    #[error("the export broke off: {error}")]
    BrokenOff { error: String },
    /// The import can't be taken up.
    #[error("the import {import_id} is {state}")]
    NotOpen { import_id: String, state: String },
}

/// Calls again while the server is away: all that is called here may be repeated.
async fn patiently(
    call: impl AsyncFn() -> Result<Answer, ClientError>,
) -> Result<Answer, ClientError> {
    let mut patience = Patience::new(PATIENCE);
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => match patience.after(&error) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            },
        }
    }
}
