use std::collections::BTreeMap;

/// How often each rating was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ratings(BTreeMap<i32, u64>);

impl Ratings {
    /// Each rating with how often it was given, the lowest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i32, u64)> {
        self.0.iter().map(|(&rating, &count)| (rating, count))
    }

    /// All of them.
    pub(crate) fn count(&self) -> u64 {
        self.0
            .values()
            .fold(0, |sum, &count| sum.saturating_add(count))
    }
}

impl FromIterator<(i32, u64)> for Ratings {
    fn from_iter<I: IntoIterator<Item = (i32, u64)>>(counted: I) -> Self {
        let mut ratings = Self::default();
        for (rating, count) in counted {
            let sum = ratings.0.entry(rating).or_default();
            *sum = sum.saturating_add(count);
        }
        ratings
    }
}
