//! Customers are fetched, page by page, into a file that goes on where it was broken off.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CustomersError;
use super::table;
use crate::client::Client;
use crate::import::Meter;

/// Customers of one answer: as many as are held in memory.
const PAGE: u32 = 1_000;

/// What to fetch, and where to put it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) file: PathBuf,
    /// Empty: of all regions.
    pub(crate) region: String,
    /// JSON objects instead of CSV.
    pub(crate) ndjson: bool,
}

/// How far the file is. Whatever stands after these bytes was not finished.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Progress {
    /// What was asked for: the file of another export is not gone on with.
    region: String,
    ndjson: bool,
    resume_token: String,
    bytes: u64,
    customers: u64,
    /// Which attributes are columns.
    attributes: Vec<String>,
}

/// One line of the answer.
#[derive(Debug, Deserialize)]
struct Line {
    result: Option<Exported>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    customer: Value,
    #[serde(default)]
    attributes: Vec<Value>,
    resume_token: String,
}

/// The attributes that there are: never more than one page of them.
#[derive(Debug, Deserialize)]
struct Definitions {
    #[serde(default)]
    attributes: Vec<Definition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    attribute_id: String,
}

/// Fetches all customers that are wanted; answers how many.
pub(crate) async fn export(
    client: &Client,
    wanted: &Wanted,
    meter: &Arc<Meter>,
) -> Result<u64, CustomersError> {
    let of_file = |source| CustomersError::File {
        path: wanted.file.clone(),
        source,
    };
    let notes = notes_of(&wanted.file);
    let mut progress = Progress::load(&notes, wanted);
    let mut file = open(&wanted.file, progress.bytes).map_err(of_file)?;
    if progress.bytes == 0 && !wanted.ndjson {
        progress.attributes = attributes(client).await?;
        file.write_all(table::header(&progress.attributes).as_bytes())
            .map_err(of_file)?;
    }
    loop {
        let page = fetch(client, wanted, &progress.resume_token).await?;
        let count = page.len();
        for Exported {
            customer,
            attributes,
            resume_token,
        } in page
        {
            let attributes = table::texts(&attributes);
            let line = if wanted.ndjson {
                table::object(customer, attributes)
            } else {
                table::row(&customer, &attributes, &progress.attributes)
            };
            file.write_all(line.as_bytes()).map_err(of_file)?;
            progress.resume_token = resume_token;
        }
        file.sync_data().map_err(of_file)?;
        progress.customers += count as u64;
        progress.bytes = file.stream_position().map_err(of_file)?;
        meter.add_items(count);
        if count < PAGE as usize {
            let _done = std::fs::remove_file(&notes);
            return Ok(progress.customers);
        }
        progress.save(&notes).map_err(of_file)?;
    }
}

/// The ids of all attributes, also those that take no values any more.
async fn attributes(client: &Client) -> Result<Vec<String>, CustomersError> {
    let path = "/v1/attributes?page_size=500&include_archived=true";
    let answer = super::patiently(async || client.get(path).await).await?;
    let known: Definitions =
        serde_json::from_slice(&answer.body).map_err(CustomersError::Answer)?;
    let ids = known.attributes.into_iter().map(|it| it.attribute_id);
    Ok(ids.collect())
}

async fn fetch(
    client: &Client,
    wanted: &Wanted,
    token: &str,
) -> Result<Vec<Exported>, CustomersError> {
    let region = &wanted.region;
    let path =
        format!("/v1/customers:export?limit={PAGE}&region_code={region}&resume_token={token}");
    let answer = super::patiently(async || client.get(&path).await).await?;
    let lines = answer.body.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty());
    let mut page = Vec::new();
    for line in lines {
        let line: Line = serde_json::from_slice(line).map_err(CustomersError::Answer)?;
        match (line.result, line.error) {
            (Some(exported), None) => page.push(exported),
            (_, error) => {
                let error = error.unwrap_or_default().to_string();
                return Err(CustomersError::BrokenOff { error });
            }
        }
    }
    Ok(page)
}

fn notes_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".export.json");
    PathBuf::from(name)
}

/// The file, to be written from so many bytes on.
fn open(path: &Path, bytes: u64) -> io::Result<File> {
    let options = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let mut file = options?;
    file.set_len(bytes)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

impl Progress {
    /// Where the same export stands; the beginning, when there is none or its file is not as it was left.
    fn load(notes: &Path, wanted: &Wanted) -> Self {
        let begin = Self {
            region: wanted.region.clone(),
            ndjson: wanted.ndjson,
            ..Self::default()
        };
        let read = std::fs::read(notes).ok();
        let found = read.and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        let length = wanted
            .file
            .metadata()
            .map(|it| it.len())
            .unwrap_or_default();
        let is_ours = |it: &Self| {
            it.region == begin.region && it.ndjson == begin.ndjson && it.bytes <= length
        };
        found.filter(is_ours).unwrap_or(begin)
    }

    fn save(&self, notes: &Path) -> io::Result<()> {
        let mut new = notes.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_finished_is_cut_off_and_another_export_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = Wanted {
            file: folder.path().join("all.csv"),
            region: "GB".to_owned(),
            ndjson: false,
        };
        std::fs::write(&wanted.file, "whole\nhal").unwrap();
        let notes = notes_of(&wanted.file);
        let saved = Progress {
            bytes: 6,
            resume_token: "x".to_owned(),
            ..Progress::load(&notes, &wanted)
        };
        saved.save(&notes).unwrap();
        assert_eq!(Progress::load(&notes, &wanted), saved);
        let mut file = open(&wanted.file, saved.bytes).unwrap();
        file.write_all(b"half\n").unwrap();
        assert_eq!(std::fs::read(&wanted.file).unwrap(), b"whole\nhalf\n");
        let other = Wanted {
            ndjson: true,
            ..wanted
        };
        assert_eq!(Progress::load(&notes, &other).bytes, 0);
    }
}
