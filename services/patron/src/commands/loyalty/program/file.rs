//! Files, and what is wrong with them.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use loyalty::program_file::{Difference, FileProblem, MOST_BYTES, ProgramFile};

use crate::client::{ApiError, ClientError};

/// A file whose document is sound.
pub(super) struct File {
    name: String,
    pub(super) file: ProgramFile,
}

impl File {
    /// Reads a file; `-` is the standard input.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = match path.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => path.display().to_string(),
        };
        let text = read(path).with_context(|| format!("can't read {name}"))?;
        let file = ProgramFile::read(&text);
        let file = file.map_err(|problems| unsound(&name, &problems))?;
        let problems = file.problems();
        if !problems.is_empty() {
            return Err(unsound(&name, &problems));
        }
        Ok(Self { name, file })
    }

    /// How it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it would change, told line by line.
    pub(super) fn changes(&self, in_force: &ProgramFile) -> anyhow::Result<Vec<Difference>> {
        let changes = loyalty::program_file::diff(&in_force.document, &self.file.document);
        changes.context("the documents can't be compared")
    }

    /// A refusal of the server with the places in the file that it is about. `within` is where the
    /// document stood in the request.
    pub(super) fn located(&self, error: ClientError, within: &str) -> anyhow::Error {
        let ClientError::Refused { error: told, .. } = &error else {
            return error.into();
        };
        let problems = self.places(told, within);
        if problems.is_empty() {
            return error.into();
        }
        anyhow::anyhow!("{} is refused:\n{}", self.name, problems.join("\n"))
    }

    fn places(&self, told: &ApiError, within: &str) -> Vec<String> {
        let violations = told.violations().filter_map(|(field, description)| {
            let path = field.strip_prefix(within)?.trim_start_matches('.');
            let place = self.file.place(path);
            Some(format!("{}:{place}: {path}: {description}", self.name))
        });
        violations.collect()
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    // One byte more than is read, so that a file that is too large is refused as such.
    let most = u64::try_from(MOST_BYTES + 1).unwrap_or(u64::MAX);
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(most)
            .read_to_string(&mut text)?;
    } else {
        std::fs::File::open(path)?
            .take(most)
            .read_to_string(&mut text)?;
    }
    Ok(text)
}

fn unsound(name: &str, problems: &[FileProblem]) -> anyhow::Error {
    let problems = problems.iter().map(|problem| format!("\n{name}:{problem}"));
    anyhow::anyhow!("{name} is not sound:{}", problems.collect::<String>())
}
