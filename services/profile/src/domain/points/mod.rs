//! How somebody can be reached: phone numbers and e-mail addresses in the one form by which they are known, and
//! postal addresses.
//!
//! What can be read is kept in that form, so that every way of writing it is the same identifier. What
//! can't be read stays as it was stated, and joins nobody: see
//! [`kind_of`](super::identity::kinds::kind_of).

pub(crate) mod address;
pub(crate) mod email;
pub(crate) mod phone;

use phone::Country;

/// Kind of identifiers that are phone numbers.
pub(crate) const PHONE: &str = "phone";
/// Kind of identifiers that are e-mail addresses.
pub(crate) const EMAIL: &str = "email";

/// Why nobody can be reached by a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("is no phone number")]
    NotANumber,
    #[error("does not say of which country it is, and there is no such country")]
    NoCountry,
    #[error("has too few digits for its country, or too many")]
    WrongLength,
    #[error("is of no range that its country has given out")]
    Unassigned,
    #[error("is an extension of somebody's exchange")]
    Extension,
    #[error("is what people write to get past a form")]
    Placeholder,
    #[error("is no e-mail address")]
    NotAnAddress,
}

/// A value in the form by which it is known. Those of other kinds are known as they are stated.
pub(crate) fn read(
    kind: &str,
    stated: &str,
    country: Option<Country>,
) -> Result<String, Unreadable> {
    match kind {
        PHONE => phone::read(stated, country),
        EMAIL => email::read(stated),
        _ => Ok(stated.to_owned()),
    }
}

/// What is wrong with a value that is kept. `country` is that of the person, for the reason alone: what
/// was not read when it was stated is not read later.
pub(crate) fn problem(kind: &str, value: &str, country: Option<Country>) -> Option<Unreadable> {
    if is_read(kind, value) {
        return None;
    }
    let why = read(kind, value, country).err();
    Some(why.unwrap_or(Unreadable::NoCountry))
}

/// True for a value in the form by which it is known.
pub(crate) fn is_read(kind: &str, value: &str) -> bool {
    match kind {
        PHONE => phone::is_read(value),
        EMAIL => email::is_read(value),
        _ => true,
    }
}
