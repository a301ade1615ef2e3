use std::collections::BTreeMap;

use super::Place;

/// Where the parts of a document stand in its file, by their paths in the names of the contract.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<String, Place>);

impl Places {
    /// Notes one.
    pub(super) fn note(&mut self, path: &str, place: Place) {
        self.0.insert(path.to_owned(), place);
    }

    /// Of the part, or of the smallest one around it that is there.
    pub(super) fn of(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = path.get(..end).unwrap_or_default(),
                None => return Place::default(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_not_there_is_where_it_should_be() {
        let mut places = Places::default();
        let at = |line| Place { line, column: 1 };
        places.note("tiers", at(3));
        places.note("tiers[1]", at(5));
        assert_eq!(places.of("tiers[1].threshold"), at(5));
        assert_eq!(places.of("tiers[2].threshold"), at(3));
        assert_eq!(places.of("wallets"), Place::default());
    }
}
