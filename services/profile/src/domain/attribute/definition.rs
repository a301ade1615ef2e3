//! What an attribute is defined as.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::invalid::{Invalid, Problem};
use crate::domain::segment::vocabulary;

/// The most attributes, archived ones among them: their values stay.
pub(crate) const MOST: i64 = 300;
/// The most letters of a choice.
const MOST_LETTERS: usize = 64;

/// An attribute's id, as the contract has it: `^[a-z][a-z0-9_]{0,63}$`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) String);

/// The type of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Boolean,
    Date,
    Timestamp,
    /// One of these.
    Choice(Vec<String>),
}

/// Who sees its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sensitivity {
    None,
    Contact,
    Personal,
    Sensitive,
    FreeText,
}

/// What operators say of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) kind: Kind,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) display_name: String,
    pub(crate) description: String,
}

/// An attribute as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) key: Key,
    /// 1, 2, 3 …
    pub(crate) version: i64,
    pub(crate) definition: Definition,
    pub(crate) archived: bool,
    pub(crate) create_time: Timestamp,
    pub(crate) update_time: Timestamp,
}

impl Sensitivity {
    /// Whether conditions may read it: a segment is not a way to look people up, nor to search what they
    /// wrote.
    pub(crate) fn is_for_conditions(self) -> bool {
        !matches!(self, Self::Contact | Self::FreeText)
    }
}

impl Kind {
    /// Whether values and conditions that rely on this kind can rely on the other, too.
    fn becomes(&self, other: &Self) -> Result<(), Invalid> {
        match (self, other) {
            (Self::Choice(before), Self::Choice(after)) => {
                let is_kept = before.iter().all(|choice| after.contains(choice));
                is_kept.then_some(()).ok_or(Problem::ChoiceTaken)
            }
            (before, after) if before == after => Ok(()),
            _ => return Err(Invalid::new("type", Problem::TypeFixed)),
        }
        .map_err(|problem| Invalid::new("choices", problem))
    }
}

impl Definition {
    /// Refuses what no attribute can be.
    pub(crate) fn check(&self, key: &Key) -> Result<(), Invalid> {
        if !vocabulary::can_be_attribute(&key.0) {
            return Err(Invalid::new("attribute_id", Problem::ReservedWord));
        }
        match &self.kind {
            Kind::Choice(choices) => check_choices(choices),
            _ => Ok(()),
        }
    }
}

fn check_choices(choices: &[String]) -> Result<(), Invalid> {
    if choices.is_empty() {
        return Err(Invalid::new("choices", Problem::NoChoices));
    }
    let mut known = BTreeSet::new();
    for (at, choice) in choices.iter().enumerate() {
        let field = format!("choices[{at}]");
        crate::domain::tag::check(&field, choice)?;
        if choice.chars().count() > MOST_LETTERS {
            return Err(Invalid::new(field, Problem::TooLong));
        }
        if !known.insert(choice) {
            return Err(Invalid::new(field, Problem::NamedTwice));
        }
    }
    Ok(())
}

impl Attribute {
    /// The version as clients see it.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Whether `etag` is the current one; empty means any.
    pub(crate) fn has_etag(&self, etag: &str) -> bool {
        etag.is_empty() || etag == self.etag()
    }

    /// Refuses a definition by which values that are there would be none.
    pub(crate) fn check_successor(&self, after: &Definition) -> Result<(), Invalid> {
        self.definition.kind.becomes(&after.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(choices: &[&str]) -> Kind {
        Kind::Choice(choices.iter().map(|&it| it.to_owned()).collect())
    }

    fn defined(kind: Kind) -> Definition {
        Definition {
            kind,
            sensitivity: Sensitivity::None,
            display_name: String::new(),
            description: String::new(),
        }
    }

    #[test]
    fn a_type_stays_and_choices_are_only_added() {
        let green = choice(&["green", "black"]);
        assert!(green.becomes(&choice(&["black", "white", "green"])).is_ok());
        let taken = green.becomes(&choice(&["green"])).unwrap_err();
        assert_eq!(
            (taken.field.as_str(), taken.problem),
            ("choices", Problem::ChoiceTaken)
        );
        let other = green.becomes(&Kind::Text).unwrap_err();
        assert_eq!(
            (other.field.as_str(), other.problem),
            ("type", Problem::TypeFixed)
        );
    }

    #[test]
    fn keys_are_words_that_conditions_can_say_and_choices_can_be_told_apart() {
        let check = |key: &str, kind| defined(kind).check(&Key(key.to_owned()));
        assert!(check("tea_preference", choice(&["green", "黒"])).is_ok());
        for reserved in ["in", "true", "package", "days_to_renewal"] {
            assert_eq!(
                check(reserved, Kind::Text).unwrap_err().field,
                "attribute_id",
                "{reserved}"
            );
        }
        for wrong in [&[][..], &["a", "a"], &[" a"], &[""]] {
            assert!(check("tea", choice(wrong)).is_err(), "{wrong:?}");
        }
    }
}
