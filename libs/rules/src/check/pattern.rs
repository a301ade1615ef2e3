//! Patterns for `matches`: RE2's syntax, as CEL asks, on an engine of linear time.

use regex::{Regex, RegexBuilder};

use crate::problem::Fault;

/// Bytes of the compiled pattern: repetitions of repetitions grow beyond any bound otherwise.
const COMPILED_BYTES: usize = 1 << 16;
/// Bytes of what the engine remembers between texts.
const CACHE_BYTES: usize = 1 << 18;
/// Brackets inside one another.
const NESTING: u32 = 16;

pub(super) fn compile(pattern: &str, limit: usize) -> Result<Regex, Fault> {
    let bytes = pattern.len();
    if bytes > limit {
        return Err(Fault::PatternTooLong { bytes, limit });
    }
    RegexBuilder::new(&ascii_classes(pattern))
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(CACHE_BYTES)
        .nest_limit(NESTING)
        .build()
        .map_err(|error| Fault::BadPattern {
            reason: reason(&error),
        })
}

/// `\d`, `\w`, `\s` and `\b` mean ASCII in RE2, and Unicode in the engine.
fn ascii_classes(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            translated.push(character);
            continue;
        }
        match characters.next() {
            Some('d') => translated.push_str("[0-9]"),
            Some('D') => translated.push_str("[^0-9]"),
            Some('w') => translated.push_str("[0-9A-Za-z_]"),
            Some('W') => translated.push_str("[^0-9A-Za-z_]"),
            Some('s') => translated.push_str("[\\t\\n\\f\\r ]"),
            Some('S') => translated.push_str("[^\\t\\n\\f\\r ]"),
            Some('b') => translated.push_str("(?-u:\\b)"),
            other => {
                translated.push('\\');
                translated.extend(other);
            }
        }
    }
    translated
}

fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large when written out".to_owned(),
        // The engine draws a picture of several lines; the last one says it.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        let matches = |pattern, text| compile(pattern, 256).unwrap().is_match(text);
        assert!(matches(r"^\d{3}-\w+$", "123-ab_9"));
        assert!(!matches(r"^\d$", "٣"));
        assert!(matches(r"^[\d-]+\s\S\b", "1-2 x"));
        assert!(matches(r"^\\d$", r"\d"));
        assert!(matches("^.金.$", "黄金卡"));
        assert!(matches("^(?i)gold$", "GOLD"));
    }

    #[test]
    fn a_pattern_that_could_not_be_bounded_is_refused_at_once() {
        for pattern in ["((a{99}){99}){99}", "(", "a{99999}", r"\"] {
            let refused = compile(pattern, 256);
            assert!(
                matches!(refused, Err(Fault::BadPattern { .. })),
                "{pattern}"
            );
        }
        let long = "a".repeat(257);
        assert!(matches!(
            compile(&long, 256),
            Err(Fault::PatternTooLong { bytes: 257, .. })
        ));
    }
}
