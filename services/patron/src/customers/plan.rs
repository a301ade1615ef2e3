//! What a file is said to be.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::str::FromStr;

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};

use super::CustomersError;
use super::encoding::is_utf8;
use crate::import::fingerprint;

/// `COLUMN=FIELD` or `FIELD=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping(pub(crate) String, pub(crate) String);

/// What to import, and how.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The file, plain or gzip.
    pub(crate) file: PathBuf,
    /// What people call it.
    pub(crate) name: String,
    pub(crate) channel: String,
    /// What the columns are.
    pub(crate) columns: Vec<Mapping>,
    /// What stands in every row.
    pub(crate) constants: Vec<Mapping>,
    /// The fields that were proven.
    pub(crate) verified: Vec<String>,
    /// JSON objects instead of CSV; otherwise as the name of the file says.
    pub(crate) ndjson: Option<bool>,
    /// GB 18030 instead of UTF-8; otherwise as the file says.
    pub(crate) gb18030: Option<bool>,
    pub(crate) delimiter: String,
    /// RFC 3339; empty: now.
    pub(crate) observe_time: String,
    /// 0: as the server has it.
    pub(crate) max_failed_rows: u32,
    pub(crate) dry_run: bool,
    /// The server, so that the same file can be imported into two.
    pub(crate) destination: String,
}

impl FromStr for Mapping {
    type Err = String;

    /// What stands before the last `=` and after it: names of columns may hold some.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once('=');
        let parts = parts.filter(|(one, other)| !one.is_empty() && !other.is_empty());
        let (one, other) = parts.ok_or("must be NAME=NAME")?;
        Ok(Self(one.to_owned(), other.to_owned()))
    }
}

impl Settings {
    /// The file from its beginning, unpacked.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = BufReader::new(File::open(&self.file)?);
        Ok(if self.is_gzip()? {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        })
    }

    fn is_gzip(&self) -> io::Result<bool> {
        let mut start = [0; 2];
        Ok(File::open(&self.file)?.read(&mut start)? == 2 && start == [0x1f, 0x8b])
    }

    /// Its length; 0 when only unpacking would tell.
    pub(super) fn size_bytes(&self) -> io::Result<u64> {
        if self.is_gzip()? {
            Ok(0)
        } else {
            Ok(self.file.metadata()?.len())
        }
    }

    /// The request that begins the import, and its id: the same for the same file and meaning.
    pub(super) fn request(&self) -> Result<(String, Value), CustomersError> {
        let of_file = |source| CustomersError::File {
            path: self.file.clone(),
            source,
        };
        let import = self.import().map_err(of_file)?;
        let meaning = import.to_string();
        let digest = fingerprint(&self.file, &[&meaning, &self.destination]);
        Ok((request_id(&digest.map_err(of_file)?), import))
    }

    fn import(&self) -> io::Result<Value> {
        let name = self.file.to_string_lossy();
        let stem = name.trim_end_matches(".gz");
        let is_json = [".ndjson", ".jsonl"].iter().any(|end| stem.ends_with(end));
        let format = if self.ndjson.unwrap_or(is_json) {
            "FORMAT_NDJSON"
        } else {
            "FORMAT_CSV"
        };
        let is_gb18030 = match self.gb18030 {
            Some(told) => told,
            None => !is_utf8(self.open()?)?,
        };
        let encoding = if is_gb18030 {
            "ENCODING_GB18030"
        } else {
            "ENCODING_UTF8"
        };
        let verified = |field: &String| self.verified.contains(field);
        let column = |Mapping(column, field): &Mapping| json!({"column": column, "field": field, "verified": verified(field)});
        let constant = |Mapping(field, text): &Mapping| json!({"constant": text, "field": field, "verified": verified(field)});
        let columns = self.columns.iter().map(column);
        let columns: Vec<_> = columns.chain(self.constants.iter().map(constant)).collect();
        let mut import = json!({
            "displayName": self.name, "channel": self.channel, "format": format,
            "encoding": encoding, "delimiter": self.delimiter, "columns": columns,
            "sizeBytes": self.size_bytes()?, "maxFailedRows": self.max_failed_rows,
            "dryRun": self.dry_run,
        });
        if let (false, Some(fields)) = (self.observe_time.is_empty(), import.as_object_mut()) {
            fields.insert("observeTime".to_owned(), self.observe_time.clone().into());
        }
        Ok(import)
    }
}

/// A UUID of the first half of a digest in hexadecimal (version 8: of our own making).
fn request_id(digest: &str) -> String {
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_cut_at_its_last_equals_sign() {
        let parsed = "a=b=identifiers.phone".parse::<Mapping>();
        assert_eq!(
            parsed,
            Ok(Mapping("a=b".to_owned(), "identifiers.phone".to_owned()))
        );
        assert!(
            ["", "a", "=a", "a="]
                .iter()
                .all(|text| text.parse::<Mapping>().is_err())
        );
    }

    #[test]
    fn the_same_file_and_meaning_is_the_same_request() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people.csv");
        std::fs::write(&file, b"\xd0\xd5\xc3\xfb\n").unwrap();
        let settings = |name: &str| Settings {
            file: file.clone(),
            name: name.to_owned(),
            channel: "shop".to_owned(),
            columns: vec![Mapping("姓名".to_owned(), "display_name".to_owned())],
            constants: Vec::new(),
            verified: Vec::new(),
            ndjson: None,
            gb18030: None,
            delimiter: String::new(),
            observe_time: String::new(),
            max_failed_rows: 0,
            dry_run: false,
            destination: "http://here".to_owned(),
        };
        let (id, import) = settings("May").request().unwrap();
        assert_eq!(import["encoding"], "ENCODING_GB18030");
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
        assert_eq!(settings("May").request().unwrap().0, id);
        assert_ne!(settings("June").request().unwrap().0, id);
    }
}
