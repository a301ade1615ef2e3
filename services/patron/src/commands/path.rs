//! Writing paths and queries.

use std::fmt::Write as _;

/// A value as a part of a path or a query.
pub(crate) fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// `?a=1&b=2` of the parameters that have a value; empty when none has.
pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    let set = parameters.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = set
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_path_is_encoded() {
        assert_eq!(encoded("a/b c:é"), "a%2Fb%20c%3A%C3%A9");
        assert_eq!(query(&[("a", "1&2"), ("b", "")]), "?a=1%262");
        assert_eq!(query(&[("b", "")]), "");
    }
}
