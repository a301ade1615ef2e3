//! Places in a source.

use std::borrow::Cow;
use std::fmt;

/// A place in a source, as an editor shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl Position {
    /// Where the byte `offset` of `source` is.
    pub(crate) fn of(source: &str, offset: usize) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: in_line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A stretch of a source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the start of this to the end of the other.
    pub(crate) fn to(self, other: Self) -> Self {
        Self::new(self.start, other.end.max(self.end))
    }

    pub(crate) fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or_default()
    }
}

/// The text, or its beginning if it is long: for messages.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    const CHARACTERS: usize = 80;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_not_bytes() {
        let source = "等级 ==\n  '金卡'";
        let at = |text| Position::of(source, source.find(text).unwrap()).to_string();
        assert_eq!(at("等"), "1:1");
        assert_eq!(at("=="), "1:4");
        assert_eq!(at("'"), "2:3");
        assert_eq!(Position::of(source, source.len()).to_string(), "2:7");
        assert_eq!(Position::of(source, usize::MAX).to_string(), "2:7");
    }
}
