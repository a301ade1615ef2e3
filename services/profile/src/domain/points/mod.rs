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
