use super::quoted::{self, Quoted};
use super::token::{Mark, Placed, Token};
use crate::problem::{Fault, Unsupported};
use crate::source::Span;

/// Cuts a source into tokens, one at a time, so that a source that is given up is not read to
/// its end.
pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

/// The next token, and what is wrong with it.
pub(super) struct Lexed {
    pub(super) placed: Placed,
    pub(super) fault: Option<Fault>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    pub(super) fn next(&mut self) -> Lexed {
        self.skip_blanks();
        let start = self.at;
        let (token, fault) = self.token();
        Lexed {
            placed: Placed {
                token,
                span: Span::new(start, self.at),
            },
            fault,
        }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// White space, and comments to the end of their line.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let mut after = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            if after.starts_with("//") {
                let comment = after.find('\n').unwrap_or(after.len());
                after = after.get(comment..).unwrap_or_default();
            }
            if after.len() == rest.len() {
                return;
            }
            self.at += rest.len() - after.len();
        }
    }

    fn token(&mut self) -> (Token, Option<Fault>) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return (Token::End, None);
        };
        if let Some(quoted) = quoted::read(rest) {
            return self.quoted(quoted);
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return (Token::Word(self.take_while(is_word).to_owned()), None);
        }
        self.mark(first)
    }

    fn quoted(&mut self, quoted: Quoted) -> (Token, Option<Fault>) {
        self.at += quoted.length;
        match quoted.text {
            Ok(text) => (Token::Text(text), None),
            Err(fault) => (Token::Bad, Some(fault)),
        }
    }

    /// Decimal, or hexadecimal after `0x`. Fractions, exponents and the suffix of unsigned numbers
    /// are read whole, so that they are told as what they are.
    fn number(&mut self) -> (Token, Option<Fault>) {
        let mut digits = self.take_while(is_word);
        let fraction = self.rest().strip_prefix('.');
        if fraction.is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit())) {
            self.at += 1;
            self.take_while(is_word);
            return (Token::Bad, Some(Fault::Unsupported(Unsupported::Fraction)));
        }
        let lower = digits.to_ascii_lowercase();
        if lower.ends_with('u') {
            return (Token::Bad, Some(Fault::Unsupported(Unsupported::Unsigned)));
        }
        let mut radix = 10;
        if let Some(hexadecimal) = lower.strip_prefix("0x") {
            (digits, radix) = (hexadecimal, 16);
        }
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
            return (Token::Bad, Some(Fault::NotANumber { found: lower }));
        }
        match u64::from_str_radix(digits, radix) {
            Ok(value) if value <= i64::MIN.unsigned_abs() => (Token::Integer(value), None),
            _ => (Token::Bad, Some(Fault::IntegerTooLarge { found: lower })),
        }
    }

    fn mark(&mut self, first: char) -> (Token, Option<Fault>) {
        let rest = self.rest();
        if let Some(mark) = Mark::ALL.iter().find(|mark| rest.starts_with(mark.text())) {
            self.at += mark.text().len();
            return (Token::Mark(*mark), None);
        }
        if !first.is_ascii() {
            let found = self.take_while(|next| !next.is_ascii()).to_owned();
            return (Token::Bad, Some(Fault::UnexpectedCharacters { found }));
        }
        self.at += 1;
        // What other languages write; reading it as what was meant lets the rest be checked.
        let meant = match first {
            '=' => Mark::Equal,
            '&' => Mark::And,
            '|' => Mark::Or,
            other => {
                let found = other.to_string();
                return (Token::Bad, Some(Fault::UnexpectedCharacters { found }));
            }
        };
        let fault = Fault::Unexpected {
            found: format!("`{first}`"),
            expected: format!("`{}`", meant.text()),
        };
        (Token::Mark(meant), Some(fault))
    }

    fn take_while(&mut self, belongs: fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let length = rest.find(|next| !belongs(next)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
