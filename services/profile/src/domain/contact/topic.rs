//! What customers are contacted about, and how.

use uuid::Uuid;

/// What for, for example `marketing`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Purpose(pub(crate) String);

/// How, for example `email`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Channel(pub(crate) String);

/// What consent is given for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Topic {
    pub(crate) purpose: Purpose,
    pub(crate) channel: Channel,
}

/// A contact or the place that is reserved for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ContactId(pub(crate) Uuid);

/// Something that a customer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StatementId(pub(crate) Uuid);

/// The form of names, as the contract has it: `^[a-z][a-z0-9_]{0,31}$`.
pub(crate) fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 32
        && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_those_of_the_contract() {
        assert!(is_name("e") && is_name("in_app_2") && is_name(&"a".repeat(32)));
        for other in ["", "_a", "2a", "E", "e-mail", "ä", &"a".repeat(33)] {
            assert!(!is_name(other), "{other}");
        }
    }
}
