use std::fmt;

use contract::checks::At;

use super::Fault;

/// The most problems that are told of one document; the others are counted.
pub(crate) const MOST_PROBLEMS: usize = 100;

/// Something that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, in the names of the contract: `tier_ladders[0].tiers[2].falls_to`.
    pub(crate) path: String,
    /// What it is.
    pub(crate) fault: Fault,
}

/// All that is wrong with a document, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems {
    found: Vec<Problem>,
    omitted: usize,
}

impl Problems {
    pub(crate) fn add(&mut self, at: &At<'_>, fault: Fault) {
        self.add_at(at.to_string(), fault);
    }

    pub(crate) fn add_at(&mut self, path: String, fault: Fault) {
        if self.found.len() < MOST_PROBLEMS {
            self.found.push(Problem { path, fault });
        } else {
            self.omitted += 1;
        }
    }

    /// Those that are told.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.found.iter()
    }

    /// How many there are besides.
    pub(crate) fn omitted(&self) -> usize {
        self.omitted
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.found.len() + self.omitted;
        write!(formatter, "the program document has {count} problems")?;
        for Problem { path, fault } in &self.found {
            write!(formatter, "; {path}: {fault}")?;
        }
        Ok(())
    }
}
