use std::fmt;

/// What a credential may be used for: a pattern over permissions `<service>.<resources>.<verb>`.
///
/// `*` in the middle stands for one part, at the end for all that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(String);

/// Text that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no scope: it takes a permission such as loyalty.members.read, or `*` in place of parts"
)]
pub struct ScopeError {
    /// The text.
    pub text: String,
}

impl Scope {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let is_word = |part: &str| {
            let letter =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            part == "*" || (!part.is_empty() && part.bytes().all(letter))
        };
        if text.split('.').all(is_word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ScopeError {
                text: text.to_owned(),
            })
        }
    }

    /// Reads scopes that are separated by spaces.
    pub fn split(text: &str) -> Result<Vec<Self>, ScopeError> {
        text.split_ascii_whitespace().map(Self::parse).collect()
    }

    /// Writes scopes with spaces between them.
    pub fn join(scopes: &[Self]) -> String {
        let words: Vec<&str> = scopes.iter().map(|scope| scope.0.as_str()).collect();
        words.join(" ")
    }

    /// Whether it covers this permission.
    pub fn covers(&self, permission: &str) -> bool {
        matches(&self.0, permission)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether a pattern covers a permission.
pub(crate) fn matches(pattern: &str, permission: &str) -> bool {
    let mut wanted = pattern.split('.').peekable();
    let mut parts = permission.split('.');
    while let Some(want) = wanted.next() {
        let Some(part) = parts.next().filter(|part| !part.is_empty()) else {
            return false;
        };
        let is_last = wanted.peek().is_none();
        match want {
            "*" if is_last => return true,
            "*" => {}
            _ if want != part => return false,
            _ => {}
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_part_in_the_middle_and_for_the_rest_at_the_end() {
        assert!(matches("*", "loyalty.members.read"));
        assert!(matches("complaints.*", "complaints.cases.write"));
        assert!(matches("profile.*.read", "profile.customers.read"));
        assert!(!matches("profile.*.read", "profile.customers.write"));
        assert!(!matches("profile.*.read", "profile.customers.notes.read"));
        assert!(!matches("profile.customers.read", "profile.customers"));
        assert!(!matches("profile.customers", "profile.customers.read"));
        assert!(!matches("*", ""));
    }

    #[test]
    fn scopes_are_written_as_they_are_read_and_nothing_else_is_one() {
        let scopes = Scope::split("loyalty.members.read  profile.*").unwrap();
        assert_eq!(Scope::join(&scopes), "loyalty.members.read profile.*");
        for text in ["loyalty..read", "Loyalty.read", ".", "loyalty.mem*", "a,b"] {
            assert!(Scope::parse(text).is_err(), "{text}");
        }
    }
}
