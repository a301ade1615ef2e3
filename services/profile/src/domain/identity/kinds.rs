//! What the kinds of identifiers are worth, and values that identify nobody.

use crate::domain::identifier::IdentifierKey;

/// How many values of a kind a person has, and how many people a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A person has one; whoever has proven it is a verified person.
    OnePerPerson,
    /// A person may have several, each is one person's.
    Personal,
    /// A device or a browser, which a household or an office may share: it joins nobody.
    Shared,
    /// A number or an address that can't be read, and reaches nobody: it joins nobody either.
    Unreadable,
}

impl Kind {
    /// True when a value tells who somebody is.
    pub(crate) fn tells_who(self) -> bool {
        matches!(self, Self::OnePerPerson | Self::Personal)
    }
}

const KINDS: [(&str, Kind); 4] = [
    ("national_id", Kind::OnePerPerson),
    ("member_card", Kind::OnePerPerson),
    ("cookie", Kind::Shared),
    ("device", Kind::Shared),
];

/// What tills and forms send when they know nothing.
const PLACEHOLDERS: [&str; 14] = [
    "null",
    "nil",
    "none",
    "nan",
    "n/a",
    "na",
    "undefined",
    "unknown",
    "anonymous",
    "guest",
    "test",
    "-",
    "[object object]",
    "test@test.com",
];

/// Whether it is of a kind that people share: then it tells who somebody is as long as it is one person's.
pub(crate) fn is_shareable(key: &IdentifierKey) -> bool {
    !kind_of(key).tells_who()
}

/// What an identifier is worth; one of a kind that the company adds is personal.
pub(crate) fn kind_of(key: &IdentifierKey) -> Kind {
    let known = KINDS.iter().find(|(name, _)| *name == key.kind);
    match known {
        Some((_, kind)) => *kind,
        None if key.is_read() => Kind::Personal,
        None => Kind::Unreadable,
    }
}

/// True for values that many people would share without having anything in common.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let is_blank = |c: char| matches!(c, '0' | '-' | '+' | '.' | ' ' | '(' | ')');
    PLACEHOLDERS.contains(&value.as_str()) || value.chars().all(is_blank)
}

/// Whether two values of a kind of which a person has one are the same.
pub(crate) fn is_same_value(one: &IdentifierKey, other: &IdentifierKey) -> bool {
    let normal = |key: &IdentifierKey| key.value.trim().to_uppercase();
    one.kind == other.kind && normal(one) == normal(other)
}
