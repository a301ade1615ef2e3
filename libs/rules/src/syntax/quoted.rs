//! Texts in quotation marks: `'…'`, `"…"`, tripled, and raw (`r'…'`).

use crate::problem::{Fault, Unsupported};

/// What a quotation is worth, and how many bytes of the source it takes.
pub(super) struct Quoted {
    pub(super) length: usize,
    pub(super) text: Result<String, Fault>,
}

/// Reads the quotation that `source` begins with, if it does.
pub(super) fn read(source: &str) -> Option<Quoted> {
    let body = source.trim_start_matches(['r', 'R', 'b', 'B']);
    let prefix = source
        .get(..source.len() - body.len())?
        .to_ascii_lowercase();
    let quote = body
        .chars()
        .next()
        .filter(|first| ['"', '\''].contains(first))?;
    if !["", "r", "b", "rb", "br"].contains(&prefix.as_str()) {
        return None;
    }
    let delimiter = delimiter(body, quote);
    let inside = body.get(delimiter.len()..)?;
    let raw = prefix.contains('r');
    let mut quoted = until(inside, delimiter, raw);
    quoted.length += prefix.len() + delimiter.len();
    if prefix.contains('b') {
        quoted.text = Err(Fault::Unsupported(Unsupported::Bytes));
    }
    Some(quoted)
}

fn delimiter(body: &str, quote: char) -> &'static str {
    let triple = if quote == '"' { "\"\"\"" } else { "'''" };
    if body.starts_with(triple) {
        return triple;
    }
    if quote == '"' { "\"" } else { "'" }
}

/// Up to and with the closing delimiter. A plain quotation ends with its line, closed or not.
fn until(inside: &str, delimiter: &str, raw: bool) -> Quoted {
    let mut text = Ok(String::new());
    let mut rest = inside;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(delimiter) {
            let length = inside.len() - after.len();
            return Quoted { length, text };
        }
        if next == '\n' && delimiter.len() == 1 {
            break;
        }
        let (taken, character) = match next {
            '\\' if !raw => escape(rest),
            '\\' => (1, Ok('\\')),
            plain => (plain.len_utf8(), Ok(plain)),
        };
        rest = rest.get(taken..).unwrap_or_default();
        match (&mut text, character) {
            (Ok(text), Ok(character)) => text.push(character),
            (Ok(_), Err(fault)) => text = Err(fault),
            (Err(_), _) => {}
        }
    }
    Quoted {
        length: inside.len() - rest.len(),
        text: Err(Fault::UnclosedText),
    }
}

/// The character that the escape at the head of `source` stands for, and the escape's length.
fn escape(source: &str) -> (usize, Result<char, Fault>) {
    let Some(letter) = source.chars().nth(1) else {
        return (1, Err(Fault::UnclosedText));
    };
    let simple = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '\'' | '"' | '`' | '?' => letter,
        'x' | 'X' => return numbered(source, 2, 2, 16),
        'u' => return numbered(source, 2, 4, 16),
        'U' => return numbered(source, 2, 8, 16),
        '0'..='3' => return numbered(source, 1, 3, 8),
        _ => return (1 + letter.len_utf8(), Err(unknown(&format!("\\{letter}")))),
    };
    (2, Ok(simple))
}

fn numbered(source: &str, skip: usize, digits: usize, radix: u32) -> (usize, Result<char, Fault>) {
    let character = source
        .get(skip..skip + digits)
        .filter(|code| code.chars().all(|digit| digit.is_digit(radix)))
        .and_then(|code| u32::from_str_radix(code, radix).ok())
        .and_then(char::from_u32);
    match character {
        Some(character) => (skip + digits, Ok(character)),
        None => (skip, Err(unknown(source.get(..skip).unwrap_or_default()))),
    }
}

fn unknown(escape: &str) -> Fault {
    Fault::UnknownEscape {
        escape: escape.to_owned(),
    }
}
