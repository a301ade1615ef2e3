//! Postal addresses, and whether two of them are one place.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::invalid::{Invalid, Problem};
use crate::domain::text;

/// Where post reaches a person, as it is written. Empty text: not known. Personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PostalAddress {
    /// ISO 3166 code of the country.
    pub(crate) region_code: String,
    pub(crate) postal_code: String,
    /// The province or state.
    pub(crate) administrative_area: String,
    /// The city.
    pub(crate) locality: String,
    /// The rest, from the narrower to the wider or as is usual there.
    pub(crate) lines: Vec<String>,
}

/// Most characters of a line.
const MOST_LETTERS: usize = 200;

/// From which part of what either says two addresses are one place, in thousandths.
const ALIKE_PERMILLE: usize = 600;

/// What stands behind names of places in Chinese addresses, the longer first: some write it, some do not.
const SUFFIXES: [&str; 18] = [
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "街道",
    "新区",
    "社区",
    "单元",
    "号楼",
    "省",
    "市",
    "区",
    "县",
    "号",
    "楼",
    "室",
    "栋",
    "弄",
];

/// Words of addresses that some shorten.
const SHORT: [(&str, &str); 8] = [
    ("street", "st"),
    ("road", "rd"),
    ("avenue", "ave"),
    ("boulevard", "blvd"),
    ("apartment", "apt"),
    ("straße", "str"),
    ("strasse", "str"),
    ("saint", "st"),
];

impl PostalAddress {
    /// Its texts, each with its place in the contract.
    fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let single = [
            ("region_code", &self.region_code),
            ("postal_code", &self.postal_code),
            ("administrative_area", &self.administrative_area),
            ("locality", &self.locality),
        ];
        let single = single.map(|(name, text)| (name.to_owned(), text.as_str()));
        let lines = self.lines.iter().enumerate();
        let lines = lines.map(|(at, line)| (format!("address_lines[{at}]"), line.as_str()));
        single.into_iter().chain(lines)
    }

    /// Refuses what can't be stored, or is no line of an address.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        for (field, text) in self.texts() {
            text::check(|| field.clone(), text)?;
            if text.chars().count() > MOST_LETTERS {
                return Err(Invalid::new(field, Problem::LineTooLong));
            }
        }
        Ok(())
    }

    /// Whether both are the same place, however they are written: the same numbers, the same postal code
    /// where both have one, and for the most part the same words.
    pub(crate) fn is_place_of(&self, other: &Self) -> bool {
        let codes = [&self.postal_code, &other.postal_code].map(|code| word(code));
        let [one, another] = &codes;
        if !one.is_empty() && !another.is_empty() && one != another {
            return false;
        }
        let (mine, theirs) = (self.parts(), other.parts());
        let is_exact = !mine.numbers.is_empty() && mine.numbers == theirs.numbers;
        is_exact && are_alike(&mine.words, &theirs.words)
    }

    fn parts(&self) -> Parts {
        let wide = [&self.administrative_area, &self.locality];
        let text = wide.into_iter().chain(&self.lines);
        let text: String = text.flat_map(|it| [it.as_str(), " "]).collect();
        Parts::of(&text)
    }
}

/// What an address is compared by.
#[derive(Debug, Default)]
struct Parts {
    /// Of houses, floors and doors, in any order.
    numbers: BTreeSet<String>,
    /// Words, and of text without spaces each two characters that follow each other.
    words: BTreeSet<String>,
}

impl Parts {
    fn of(text: &str) -> Self {
        let mut text: String = text.nfkc().collect::<String>().to_lowercase();
        for suffix in SUFFIXES {
            text = text.replace(suffix, " ");
        }
        let mut parts = Self::default();
        for run in runs(&text) {
            let mut letters = run.chars();
            match letters.next() {
                Some(first) if first.is_ascii_digit() => parts.number(&run),
                Some(first) if is_ideograph(first) => parts.pairs(&run),
                Some(_) => parts.word(&run),
                None => {}
            }
        }
        parts
    }

    fn number(&mut self, run: &str) {
        self.numbers.insert(run.trim_start_matches('0').to_owned());
    }

    fn pairs(&mut self, run: &str) {
        let next = run.chars().skip(1);
        let pairs = run.chars().zip(next);
        self.words
            .extend(pairs.map(|(one, other)| [one, other].iter().collect::<String>()));
        if run.chars().nth(1).is_none() {
            self.words.insert(run.to_owned());
        }
    }

    fn word(&mut self, run: &str) {
        let short = SHORT.iter().find(|(long, _)| *long == run);
        self.words
            .insert(short.map_or(run, |(_, short)| short).to_owned());
    }
}

/// Runs of digits, of ideographs and of other letters.
fn runs(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut last = None;
    for letter in text.chars() {
        let kind = match letter {
            '0'..='9' => Some(0),
            _ if is_ideograph(letter) => Some(1),
            _ if letter.is_alphanumeric() => Some(2),
            _ => None,
        };
        match (kind, runs.last_mut()) {
            (Some(_), Some(run)) if kind == last => run.push(letter),
            (Some(_), _) => runs.push(letter.to_string()),
            (None, _) => {}
        }
        last = kind;
    }
    runs
}

fn are_alike(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let shared = one.intersection(other).count();
    let all = one.union(other).count();
    all > 0 && shared.saturating_mul(1000) >= all.saturating_mul(ALIKE_PERMILLE)
}

fn word(text: &str) -> String {
    let letters = text.nfkc().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(postal_code: &str, locality: &str, line: &str) -> PostalAddress {
        PostalAddress {
            postal_code: postal_code.to_owned(),
            locality: locality.to_owned(),
            lines: vec![line.to_owned()],
            ..PostalAddress::default()
        }
    }

    #[test]
    fn a_place_is_known_however_it_is_written() {
        let same = [
            (
                address("200120", "上海市", "浦东新区世纪大道100号3号楼501室"),
                address("", "上海", "浦东 世纪大道１００号 3-501"),
            ),
            (
                address("SW1A 2AA", "London", "10 Downing Street"),
                address("sw1a2aa", "", "10, Downing St., LONDON"),
            ),
            (
                address("10117", "Berlin", "Unter den Linden 077"),
                address("10117", "berlin", "Unter den Linden 77"),
            ),
        ];
        for (one, other) in &same {
            assert!(one.is_place_of(other) && other.is_place_of(one), "{one:?}");
        }
        let apart = [
            // Another door, another code, another street, no number at all.
            (
                address("", "上海", "世纪大道100号501室"),
                address("", "上海", "世纪大道100号502室"),
            ),
            (
                address("10117", "Berlin", "Unter den Linden 77"),
                address("10118", "Berlin", "Unter den Linden 77"),
            ),
            (
                address("", "London", "10 Downing Street"),
                address("", "London", "10 Baker Street"),
            ),
            (address("", "London", ""), address("", "London", "")),
            (PostalAddress::default(), PostalAddress::default()),
        ];
        for (one, other) in &apart {
            assert!(!one.is_place_of(other), "{one:?} {other:?}");
        }
    }
}
