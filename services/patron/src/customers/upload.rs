//! A file is sent, piece by piece, from where the server says.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{CustomersError, Settings, patiently};
use crate::client::{Answer, Client, ClientError};
use crate::import::Meter;

/// Bytes in one call: many rows, and yet soon answered.
const PIECE_BYTES: usize = 1 << 20;

/// How far an import is, as the server tells it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Imported {
    pub(crate) import_id: String,
    pub(crate) state: String,
    #[serde(with = "figure")]
    pub(crate) next_offset: u64,
    #[serde(with = "figure")]
    pub(crate) row_count: u64,
    #[serde(with = "figure")]
    pub(crate) created_count: u64,
    #[serde(with = "figure")]
    pub(crate) updated_count: u64,
    #[serde(with = "figure")]
    pub(crate) unchanged_count: u64,
    #[serde(with = "figure")]
    pub(crate) failed_count: u64,
    #[serde(with = "figure")]
    pub(crate) undone_count: u64,
    #[serde(with = "figure")]
    pub(crate) removed_count: u64,
}

/// 64-bit integers are strings in JSON.
mod figure {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(figure: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(*figure)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A file on its way to a server.
pub(crate) struct Uploading {
    client: Client,
    meter: Arc<Meter>,
}

impl Uploading {
    pub(crate) fn new(client: Client, meter: Arc<Meter>) -> Self {
        Self { client, meter }
    }

    /// Sends what is missing of a file; answers what became of all of it.
    pub(crate) async fn run(&self, settings: &Settings) -> Result<Imported, CustomersError> {
        let (request_id, import) = settings.request()?;
        let path = format!("/v1/imports?request_id={request_id}");
        let begun: Imported = self.post(&path, import.to_string().into()).await?.parse()?;
        // The answer of a request that was made before is of then.
        let import = self.read(&begun.import_id).await?;
        match import.state.as_str() {
            "STATE_OPEN" => self.send(settings, import).await,
            "STATE_DONE" => Ok(import),
            _ => Err(CustomersError::NotOpen {
                import_id: import.import_id,
                state: import.state,
            }),
        }
    }

    /// How far an import is.
    pub(crate) async fn read(&self, import_id: &str) -> Result<Imported, CustomersError> {
        let path = format!("/v1/imports/{import_id}");
        Ok(patiently(async || self.client.get(&path).await)
            .await?
            .parse()?)
    }

    async fn send(
        &self,
        settings: &Settings,
        mut import: Imported,
    ) -> Result<Imported, CustomersError> {
        let of_file = |source| CustomersError::File {
            path: settings.file.clone(),
            source,
        };
        self.meter
            .set_total(settings.size_bytes().map_err(of_file)?);
        let mut file = settings.open().map_err(of_file)?;
        let mut known = file.by_ref().take(import.next_offset);
        std::io::copy(&mut known, &mut std::io::sink()).map_err(of_file)?;
        let mut window = Vec::new();
        loop {
            let missing = PIECE_BYTES.saturating_sub(window.len());
            let mut more = file
                .by_ref()
                .take(u64::try_from(missing).unwrap_or_default());
            let count = more.read_to_end(&mut window).map_err(of_file)?;
            let is_end = count < missing;
            let offset = import.next_offset;
            let before = import.row_count;
            import = self
                .piece(&import.import_id, offset, &window, is_end)
                .await?;
            if is_end {
                return Ok(import);
            }
            let taken = import.next_offset.saturating_sub(offset);
            if taken == 0 {
                return Err(CustomersError::Stuck { offset });
            }
            window.drain(
                ..usize::try_from(taken)
                    .unwrap_or(usize::MAX)
                    .min(window.len()),
            );
            self.meter
                .consumed()
                .store(import.next_offset, Ordering::Relaxed);
            let rows = import.row_count.saturating_sub(before);
            self.meter
                .add_items(usize::try_from(rows).unwrap_or_default());
        }
    }

    async fn piece(
        &self,
        import_id: &str,
        offset: u64,
        window: &[u8],
        is_end: bool,
    ) -> Result<Imported, CustomersError> {
        let more = !is_end;
        let path = format!("/v1/imports/{import_id}:upload?offset={offset}&more={more}");
        let bytes = Bytes::copy_from_slice(window);
        Ok(self.post(&path, bytes).await?.parse()?)
    }

    async fn post(&self, path: &str, body: Bytes) -> Result<Answer, ClientError> {
        patiently(async || self.client.post(path, body.clone()).await).await
    }

    /// Writes the rows that were refused, as CSV.
    pub(crate) async fn write_errors(
        &self,
        import_id: &str,
        to: &Path,
    ) -> Result<(), CustomersError> {
        let of_file = |source| CustomersError::File {
            path: to.to_owned(),
            source,
        };
        let mut file = csv::Writer::from_path(to).map_err(|error| of_file(error.into()))?;
        let mut token = String::new();
        loop {
            let path = format!("/v1/imports/{import_id}/errors?page_size=500&page_token={token}");
            let page = patiently(async || self.client.get(&path).await).await?;
            let page: Errors = page.parse()?;
            for error in page.errors {
                file.serialize(error)
                    .map_err(|error| of_file(error.into()))?;
            }
            if page.next_page_token.is_empty() {
                return file.flush().map_err(of_file);
            }
            token = page.next_page_token;
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Errors {
    errors: Vec<RowError>,
    next_page_token: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct RowError {
    line: String,
    row: String,
    field: String,
    reason: String,
    message: String,
}
