use std::collections::BTreeMap;

use crate::TokenError;
use crate::caller::USER_PREFIX;

/// Longest prefix, in bytes.
const MAX_PREFIX_BYTES: usize = 32;

/// How people of several issuers are told apart: what stands before the `sub` of each issuer's tokens. An
/// issuer says whom it means by a `sub`, and two may mean two people by the same one.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    prefixes: BTreeMap<String, String>,
}

/// Why people of these issuers can't be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectsError {
    /// Two issuers could name one subject, so that one person would be taken for another.
    #[error(
        "the issuers {one} and {other} can name the same subjects: set `subject_prefix` for all issuers of people but one, and let none begin with another"
    )]
    Shared {
        /// An issuer.
        one: String,
        /// Another.
        other: String,
    },
    /// One issuer has two prefixes.
    #[error("the issuer {issuer} has more than one `subject_prefix`")]
    Several {
        /// The issuer.
        issuer: String,
    },
    /// The prefix can't stand in a subject.
    #[error(
        "the `subject_prefix` of the issuer {issuer} takes 1 to {MAX_PREFIX_BYTES} ASCII characters without spaces"
    )]
    Malformed {
        /// The issuer.
        issuer: String,
    },
}

impl Subjects {
    /// Of all issuers of people, each with its prefix, if it has one.
    ///
    /// # Errors
    /// When a prefix can't be used, or two issuers could name one subject.
    pub fn new<'i>(
        issuers: impl IntoIterator<Item = (&'i str, Option<&'i str>)>,
    ) -> Result<Self, SubjectsError> {
        let mut prefixes = BTreeMap::new();
        for (issuer, prefix) in issuers {
            let prefix = readable(issuer, prefix)?;
            let before = prefixes.insert(issuer.to_owned(), prefix.to_owned());
            if before.is_some_and(|before| before != prefix) {
                let issuer = issuer.to_owned();
                return Err(SubjectsError::Several { issuer });
            }
        }
        tell_apart(&prefixes)?;
        Ok(Self { prefixes })
    }

    /// The subject of whom an issuer names so. The one without a prefix may name nobody who would then be
    /// another's.
    pub(crate) fn name(&self, issuer: &str, sub: &str) -> Result<String, TokenError> {
        let prefix = self.prefixes.get(issuer).map_or("", String::as_str);
        let mut taken = self.prefixes.values().filter(|taken| !taken.is_empty());
        if sub.is_empty() || (prefix.is_empty() && taken.any(|taken| sub.starts_with(taken))) {
            return Err(TokenError::SubjectRefused);
        }
        Ok(format!("{USER_PREFIX}{prefix}{sub}"))
    }
}

fn readable<'p>(issuer: &str, prefix: Option<&'p str>) -> Result<&'p str, SubjectsError> {
    let fits = |prefix: &str| {
        let is_graphic = prefix.bytes().all(|byte| byte.is_ascii_graphic());
        (1..=MAX_PREFIX_BYTES).contains(&prefix.len()) && is_graphic
    };
    match prefix {
        None => Ok(""),
        Some(prefix) if fits(prefix) => Ok(prefix),
        Some(_) => Err(SubjectsError::Malformed {
            issuer: issuer.to_owned(),
        }),
    }
}

/// No prefix begins with another, but for the one issuer that has none: what that one names is looked at when
/// it does.
fn tell_apart(prefixes: &BTreeMap<String, String>) -> Result<(), SubjectsError> {
    for (index, (one, prefix)) in prefixes.iter().enumerate() {
        let clash = prefixes.iter().skip(index + 1).find(|(_, other)| {
            if prefix.is_empty() || other.is_empty() {
                return prefix == *other;
            }
            prefix.starts_with(other.as_str()) || other.starts_with(prefix)
        });
        if let Some((other, _)) = clash {
            let (one, other) = (one.clone(), other.clone());
            return Err(SubjectsError::Shared { one, other });
        }
    }
    Ok(())
}
