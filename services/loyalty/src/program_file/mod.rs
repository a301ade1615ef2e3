//! Program documents as files: YAML 1.2, and so JSON too, with the names of the JSON API.
//!
//! A file is read in three steps, each of which tells its problems by line and column: text to
//! nodes ([`yaml`]), nodes to a document by the contract's own description of it ([`fields`]), and
//! the document's soundness, which is the same check that the service makes. Writing is the
//! reverse; what is written reads back as the same document.

mod difference;
mod fault;
mod fields;
mod near;
mod places;
mod scalars;
mod write;
mod yaml;

use contract::checks::At;
use contract::patron::loyalty::v1::ProgramDocument;

pub use crate::wire::program::Fault;
pub use difference::{Difference, diff};
pub use fault::{FileFault, FileProblem};
use places::Places;
pub use write::{to_json, to_yaml};
pub use yaml::Place;

use crate::wire::program;

/// Most bytes of a file.
pub const MOST_BYTES: usize = 4 << 20;

/// A file that could be read. Whether its document is sound is another question:
/// [`problems`](Self::problems).
#[derive(Debug)]
pub struct ProgramFile {
    /// What it says.
    pub document: ProgramDocument,
    places: Places,
}

impl ProgramFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Every problem that could be found, at least one, in the order of the file.
    pub fn read(text: &str) -> Result<Self, Vec<FileProblem>> {
        let root = yaml::parse(text).map_err(|problem| vec![problem])?;
        let mut places = Places::default();
        let document = fields::document(&root, &mut places)?;
        Ok(Self { document, places })
    }

    /// What is wrong with the document, where it stands in the file; empty when it is sound.
    pub fn problems(&self) -> Vec<FileProblem> {
        let at = At::ROOT;
        let problems = program::document(&self.document, &at);
        let problems = problems.err().unwrap_or_default();
        let problem = |problem: &program::Problem| FileProblem {
            place: self.places.of(&problem.path),
            path: problem.path.clone(),
            fault: FileFault::Document(Box::new(problem.fault.clone())),
        };
        problems.iter().map(problem).collect()
    }

    /// Where a part of the document stands, by the path of a problem that the service tells. Of a
    /// part that is not there: where what should hold it stands.
    pub fn place(&self, path: &str) -> Place {
        self.places.of(path)
    }
}

/// The program that Patron begins with.
pub fn default_document() -> ProgramDocument {
    let file = ProgramFile::read(include_str!("../../programs/default.yaml"));
    #[expect(
        clippy::expect_used,
        reason = "a test reads the file that is compiled in"
    )]
    file.expect("the default program can be read").document
}

#[cfg(test)]
mod tests;
