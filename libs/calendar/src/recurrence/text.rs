//! A rule's text, cut into pieces that know where they stand.

use super::error::{Problem, RecurrenceError};

/// A piece of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The whole rule, to count columns in.
    rule: &'a str,
    /// Bytes before the piece.
    at: usize,
    pub(super) text: &'a str,
}

impl<'a> Piece<'a> {
    pub(super) fn whole(rule: &'a str) -> Self {
        Self {
            rule,
            at: 0,
            text: rule,
        }
    }

    /// The pieces between the separators; of an empty piece, one empty one.
    pub(super) fn split(self, separator: char) -> impl Iterator<Item = Self> {
        let mut at = self.at;
        self.text.split(separator).map(move |text| {
            let piece = Self { at, text, ..self };
            at += text.len() + separator.len_utf8();
            piece
        })
    }

    /// What stands before and behind the first separator.
    pub(super) fn halves(self, separator: char) -> Option<(Self, Self)> {
        let (before, behind) = self.text.split_once(separator)?;
        let first = Self {
            text: before,
            ..self
        };
        let second = Self {
            at: self.at + before.len() + separator.len_utf8(),
            text: behind,
            ..self
        };
        Some((first, second))
    }

    /// The signs and digits at the beginning, and the rest.
    pub(super) fn cut_behind_number(self) -> (Self, Self) {
        let ends = |character: char| !matches!(character, '+' | '-' | '0'..='9');
        let end = self.text.find(ends).unwrap_or(self.text.len());
        let (before, behind) = self.text.split_at(end);
        let first = Self {
            text: before,
            ..self
        };
        let second = Self {
            at: self.at + end,
            text: behind,
            ..self
        };
        (first, second)
    }

    pub(super) fn owned(self) -> String {
        self.text.to_owned()
    }

    /// The error that is found at this piece.
    pub(super) fn error(self, problem: Problem) -> RecurrenceError {
        let before = self.rule.get(..self.at).unwrap_or(self.rule);
        RecurrenceError {
            column: before.chars().count() + 1,
            problem,
        }
    }
}
