use contract::patron::events::v1::{Erased, ErasedStore};
use serde::{Deserialize, Serialize};

/// What was done to the rows of a person in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They are gone.
    Deleted,
    /// Only what tells who it was, or what somebody wrote, is gone.
    Anonymized,
    /// Nothing: they hold nothing of that kind.
    Kept,
}

/// What became of one store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The table.
    pub store: String,
    /// What was done.
    pub outcome: Outcome,
    /// To how many rows.
    pub rows: i64,
}

impl Removed {
    /// Of what was done to a table; the outcome by the name that SQL gives it.
    pub fn named(store: String, outcome: &str, rows: i64) -> Self {
        let outcome = match outcome {
            "deleted" => Outcome::Deleted,
            "anonymized" => Outcome::Anonymized,
            _ => Outcome::Kept,
        };
        Self {
            store,
            outcome,
            rows,
        }
    }

    /// As the contract says it.
    pub fn encode(self) -> ErasedStore {
        let outcome = match self.outcome {
            Outcome::Deleted => Erased::Deleted,
            Outcome::Anonymized => Erased::Anonymized,
            Outcome::Kept => Erased::Kept,
        };
        ErasedStore {
            store: self.store,
            outcome: outcome.into(),
            rows: self.rows,
        }
    }
}

/// Adds what was removed now to what was removed before; each store stands once, in the order of names.
pub(crate) fn sum(before: Vec<Removed>, now: Vec<Removed>) -> Vec<Removed> {
    let mut all = before;
    for new in now {
        match all.iter_mut().find(|known| known.store == new.store) {
            // Rows that are kept are the same ones each time.
            Some(known) if new.outcome == Outcome::Kept => known.rows = new.rows,
            Some(known) => {
                known.rows = known.rows.saturating_add(new.rows);
                known.outcome = new.outcome;
            }
            None => all.push(new),
        }
    }
    all.sort_by(|one, other| one.store.cmp(&other.store));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_several_times_add_up_and_kept_ones_are_counted_once() {
        let of = |rows| {
            vec![
                Removed::named("cases".to_owned(), "deleted", rows),
                Removed::named("answers".to_owned(), "kept", rows),
            ]
        };
        let all = sum(sum(Vec::new(), of(2)), of(3));
        let shown = all
            .iter()
            .map(|it| (it.store.as_str(), it.outcome, it.rows));
        let expected = [
            ("answers", Outcome::Kept, 3),
            ("cases", Outcome::Deleted, 5),
        ];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }
}
