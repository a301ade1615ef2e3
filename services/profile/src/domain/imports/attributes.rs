//! Attributes that rows of a file set.

use std::collections::{BTreeMap, HashMap};

use super::columns::Target;
use super::row::Told;
use crate::domain::attribute::asked::Step;
use crate::domain::attribute::definition::{Attribute, Key, Kind};
use crate::domain::attribute::standing::{Change, latest};
use crate::domain::attribute::value::Value;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::Problem;

/// Most letters of a value, as in a call.
const MOST_LETTERS: usize = 1_000;

/// What a row says of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// What people call the column.
    pub(crate) label: String,
    pub(crate) key: Key,
    pub(crate) text: String,
}

/// Why a value is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("there is no attribute `{}`", .0.0)]
    NotFound(Key),
    #[error("the attribute `{}` is archived", .0.0)]
    Archived(Key),
    #[error("{problem}")]
    Value { problem: Problem },
}

/// What a row says of attributes, in the order of the columns.
pub(crate) fn said(told: &[Told<'_>]) -> Vec<Said> {
    let said = told
        .iter()
        .filter_map(|(column, text)| match &column.target {
            Target::Attribute(key) => Some(Said {
                label: column.label(),
                key: key.clone(),
                text: text.clone(),
            }),
            _ => None,
        });
    said.collect()
}

/// The value as it is kept, when the attribute can have it.
pub(crate) fn read(attribute: &Attribute, text: &str) -> Result<String, Wrong> {
    if attribute.archived {
        return Err(Wrong::Archived(attribute.key.clone()));
    }
    let problem = |problem| Wrong::Value { problem };
    if text.chars().count() > MOST_LETTERS {
        return Err(problem(Problem::TooLong));
    }
    let kind = &attribute.definition.kind;
    // Spaces of a text are part of it; of others they come from how files are laid out.
    let text = if *kind == Kind::Text {
        text
    } else {
        text.trim()
    };
    let value = Value::read(kind, text).map_err(problem)?;
    Ok(value.written())
}

/// The attributes of those whom some rows speak of, and what the rows set.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    known: BTreeMap<Key, Attribute>,
    /// Of each person and attribute: under which id the value stands, and which it is.
    standing: HashMap<(CustomerId, Key), (CustomerId, String)>,
    /// Beside each value its turn: of two ids of one person the one that was spoken of last decides.
    set: BTreeMap<(CustomerId, Key), (usize, String)>,
    turns: usize,
}

impl Sheet {
    /// What was said, given to whom each id leads.
    pub(crate) fn of(
        known: Vec<Attribute>,
        said: Vec<Change>,
        leads: impl Fn(CustomerId) -> Option<CustomerId>,
    ) -> Self {
        let of_one = |change: &Change| leads(change.by) == leads(change.home);
        let mut kept = latest(said.into_iter().filter(of_one), |_| true);
        kept.sort_unstable_by_key(|change| change.id);
        let stands = kept.into_iter().filter_map(|change| {
            let person = leads(change.home)?;
            Some(((person, change.key), (change.home, change.value?)))
        });
        Self {
            known: known.into_iter().map(|it| (it.key.clone(), it)).collect(),
            // The last one stands.
            standing: stands.collect(),
            set: BTreeMap::new(),
            turns: 0,
        }
    }

    /// What an attribute is defined as.
    pub(crate) fn attribute(&self, key: &Key) -> Result<&Attribute, Wrong> {
        let known = self.known.get(key);
        known.ok_or_else(|| Wrong::NotFound(key.clone()))
    }

    /// Sets values that were read, under an id of a person; true when that changes something.
    pub(crate) fn set(
        &mut self,
        (home, person): (CustomerId, CustomerId),
        values: Vec<(Key, String)>,
    ) -> bool {
        let mut is_changed = false;
        for (key, value) in values {
            let stands = (home, value.clone());
            let before = self.standing.insert((person, key.clone()), stands.clone());
            if before != Some(stands) {
                self.turns = self.turns.saturating_add(1);
                self.set.insert((home, key), (self.turns, value));
                is_changed = true;
            }
        }
        is_changed
    }

    /// What is to be written: of one attribute of one id the last, in the order in which they were said.
    pub(crate) fn steps(self) -> Vec<Step> {
        let mut set: Vec<_> = self.set.into_iter().collect();
        set.sort_unstable_by_key(|(_, (turn, _))| *turn);
        let set = set.into_iter();
        set.map(|((home, key), (_, value))| (home, key, Some(value)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::domain::attribute::definition::{Definition, Sensitivity};

    fn attribute(kind: Kind) -> Attribute {
        Attribute {
            key: Key("tea".to_owned()),
            version: 1,
            definition: Definition {
                kind,
                sensitivity: Sensitivity::None,
                display_name: String::new(),
                description: String::new(),
            },
            archived: false,
            create_time: Timestamp::UNIX_EPOCH,
            update_time: Timestamp::UNIX_EPOCH,
        }
    }

    fn id(number: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(number))
    }

    fn kept(number: u128, home: u128, value: &str) -> Change {
        Change {
            id: Uuid::from_u128(number),
            home: id(home),
            by: id(home),
            key: Key("tea".to_owned()),
            value: Some(value.to_owned()),
            source: String::new(),
            actor: String::new(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_value_is_read_by_the_type_of_its_attribute() {
        let number = attribute(Kind::Integer);
        assert_eq!(read(&number, " 042 ").as_deref(), Ok("42"));
        let problem = Problem::NotWrittenAsInteger;
        assert_eq!(read(&number, "4.2"), Err(Wrong::Value { problem }));
        let text = attribute(Kind::Text);
        assert_eq!(read(&text, " a\nb ").as_deref(), Ok(" a\nb "));
        let problem = Problem::TooLong;
        let long = "é".repeat(MOST_LETTERS);
        assert!(read(&text, &long).is_ok());
        assert_eq!(
            read(&text, &format!("{long}é")),
            Err(Wrong::Value { problem })
        );
        let archived = Attribute {
            archived: true,
            ..attribute(Kind::Text)
        };
        assert_eq!(
            read(&archived, "a"),
            Err(Wrong::Archived(archived.key.clone()))
        );
    }

    #[test]
    fn what_was_cleared_for_another_id_of_the_person_has_to_be_said_again_to_stand() {
        let cleared = Change {
            by: id(1),
            value: None,
            ..kept(8, 2, "")
        };
        let before = vec![kept(7, 2, "green"), cleared];
        let tea = vec![(Key("tea".to_owned()), "green".to_owned())];
        let known = || vec![attribute(Kind::Text)];
        let mut joined = Sheet::of(known(), before.clone(), |_| Some(id(1)));
        assert!(joined.set((id(2), id(1)), tea.clone()));
        let mut parted = Sheet::of(known(), before, Some);
        assert!(!parted.set((id(2), id(2)), tea));
    }

    #[test]
    fn of_several_rows_and_ids_the_last_word_stands_and_saying_it_again_changes_nothing() {
        // Two ids of one person: green was set later, under the second.
        let leads = |it: CustomerId| (it == id(1) || it == id(2)).then_some(id(1));
        let before = vec![kept(7, 2, "green"), kept(5, 1, "black")];
        let mut sheet = Sheet::of(vec![attribute(Kind::Text)], before, leads);
        let tea = |value: &str| vec![(Key("tea".to_owned()), value.to_owned())];
        assert!(!sheet.set((id(2), id(1)), tea("green")));
        // Under the first it has to be said again to stand.
        assert!(sheet.set((id(1), id(1)), tea("black")));
        assert!(sheet.set((id(1), id(1)), tea("white")));
        assert!(!sheet.set((id(1), id(1)), tea("white")));
        let key = Key("tea".to_owned());
        assert_eq!(sheet.steps(), [(id(1), key, Some("white".to_owned()))]);
    }

    #[test]
    fn what_was_said_last_under_any_id_of_a_person_is_written_last() {
        let mut sheet = Sheet::of(vec![attribute(Kind::Text)], Vec::new(), |_| Some(id(1)));
        let key = || Key("tea".to_owned());
        for (home, value) in [(1, "green"), (2, "black"), (1, "white")] {
            assert!(sheet.set((id(home), id(1)), vec![(key(), value.to_owned())]));
        }
        let step = |home, value: &str| (id(home), key(), Some(value.to_owned()));
        assert_eq!(sheet.steps(), [step(2, "black"), step(1, "white")]);
    }
}
