//! Phone numbers, by the rules of libphonenumber: E.164.

use phonenumber::metadata::DATABASE;
use phonenumber::{ParseError, Type, country};
use unicode_normalization::UnicodeNormalization as _;

use super::Unreadable;

/// Most digits that E.164 allows, with those of the country.
const MOST_DIGITS: usize = 15;

/// Kinds of numbers by which people are reached.
const KINDS: [Type; 8] = [
    Type::FixedLine,
    Type::Mobile,
    Type::TollFree,
    Type::PremiumRate,
    Type::SharedCost,
    Type::PersonalNumber,
    Type::Voip,
    Type::Uan,
];

/// A country whose national numbers can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Country(country::Id);

impl Country {
    /// The country of an ISO 3166 code, of itself (`GB`) or of a part of it (`CN-31`).
    pub(crate) fn named(code: &str) -> Option<Self> {
        let name = code.split_once('-').map_or(code, |(country, _)| country);
        let id: country::Id = name.parse().ok()?;
        DATABASE.by_id(id.as_ref()).map(|_| Self(id))
    }
}

/// The number in E.164, for example `+442079460001`. One that does not begin with `+` or `00` is a
/// national one of `country`.
///
/// What is written with its country needs only the right length: ranges are given out faster than tables
/// of them spread. A national one must be of a range that is known, since the country is a guess.
pub(crate) fn read(stated: &str, country: Option<Country>) -> Result<String, Unreadable> {
    let written = digits(stated)?;
    let read = match written.strip_prefix('+').or(written.strip_prefix("00")) {
        Some(digits) => international(digits)?,
        None => national(&written, country)?,
    };
    // A form that would be read as another one is nobody's.
    let again = international(read.trim_start_matches('+'))?;
    (again == read)
        .then_some(read)
        .ok_or(Unreadable::Unassigned)
}

/// True when the country has given out a range that the number is of.
pub(crate) fn is_assigned(value: &str) -> bool {
    phonenumber::parse(None, value).is_ok_and(|it| it.is_valid())
}

fn international(digits: &str) -> Result<String, Unreadable> {
    if digits.len() > MOST_DIGITS.saturating_add(1) {
        return Err(Unreadable::WrongLength);
    }
    let number = phonenumber::parse(None, format!("+{digits}")).map_err(|why| reason(&why))?;
    let national = number.national().to_string();
    if !has_right_length(number.code().value(), &national) {
        return Err(Unreadable::WrongLength);
    }
    if is_made_up(&national) {
        return Err(Unreadable::Placeholder);
    }
    Ok(format!("+{}{national}", number.code().value()))
}

fn national(digits: &str, country: Option<Country>) -> Result<String, Unreadable> {
    if is_made_up(digits) {
        return Err(Unreadable::Placeholder);
    }
    let Country(country) = country.ok_or(Unreadable::NoCountry)?;
    let number = phonenumber::parse(Some(country), digits).map_err(|why| reason(&why))?;
    let national = number.national().to_string();
    if number.is_valid() {
        Ok(format!("+{}{national}", number.code().value()))
    } else if has_right_length(number.code().value(), &national) {
        Err(Unreadable::Unassigned)
    } else {
        Err(Unreadable::WrongLength)
    }
}

/// Whether numbers of some kind are that long in a country of this code.
fn has_right_length(code: u16, national: &str) -> bool {
    let plans = DATABASE.by_code(&code).unwrap_or_default();
    let mut kinds = plans.into_iter().flat_map(|plan| {
        KINDS
            .iter()
            .filter_map(|kind| plan.descriptors().get(*kind))
    });
    kinds.any(|kind| {
        let mut lengths = kind.possible_length().iter();
        lengths.any(|length| usize::from(*length) == national.len())
    })
}

/// The digits as they are dialled, with a `+` before them where there is one.
fn digits(stated: &str) -> Result<String, Unreadable> {
    let written: String = stated.nfkc().collect();
    let written = written.trim().to_lowercase();
    let written = written.strip_prefix("tel:").unwrap_or(&written);
    let mut dialled = String::with_capacity(written.len());
    for letter in written.chars() {
        match letter {
            '0'..='9' => dialled.push(letter),
            '+' if dialled.is_empty() => dialled.push(letter),
            _ if is_between(letter) => {}
            // `ext. 5`, `x5`, `#5`, `;ext=5`, `转5`, `分机5`
            'e' | 'x' | '#' | ';' | '转' | '轉' | '分' if dialled.len() > 3 => {
                return Err(Unreadable::Extension);
            }
            _ => return Err(Unreadable::NotANumber),
        }
    }
    if dialled.len() < 3 {
        return Err(Unreadable::NotANumber);
    }
    Ok(dialled)
}

/// What is written between digits, and what spreadsheets and phones put there unseen.
fn is_between(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '-' | '(' | ')' | '.' | '/' | '\'')
        || matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}')
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// One digit again and again, or the digits in a row.
fn is_made_up(national: &str) -> bool {
    let digits = national.as_bytes();
    let steps = || digits.iter().zip(digits.iter().skip(1));
    let is_next = |(one, next): (&u8, &u8)| *next == one.saturating_add(1);
    digits.len() > 5 && (steps().all(|(one, next)| one == next) || steps().all(is_next))
}

fn reason(why: &ParseError) -> Unreadable {
    match why {
        ParseError::InvalidCountryCode => Unreadable::NoCountry,
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::TooLong => {
            Unreadable::WrongLength
        }
        ParseError::NoNumber | ParseError::MalformedInteger(_) => Unreadable::NotANumber,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(code: &str, stated: &str) -> Result<String, Unreadable> {
        read(stated, Country::named(code))
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (country, stated, known) in [
            ("CN", "138 0013 8000", "+8613800138000"),
            ("CN", "+86-13800138000", "+8613800138000"),
            ("CN", "0086 13800138000", "+8613800138000"),
            ("CN", "8613800138000", "+8613800138000"),
            ("CN", "１３８００１３８０００", "+8613800138000"),
            ("CN-31", "021-6288 9999", "+862162889999"),
            ("US", "(010) 6552-9988", "?"),
            ("CN", "(010) 6552-9988", "+861065529988"),
            ("GB", "(020) 7946-0001", "+442079460001"),
            ("GB", "+44 (0)20 7946 0001", "+442079460001"),
            ("GB", "07911 123456", "+447911123456"),
            ("CN", "tel:+44-7911-123456", "+447911123456"),
            ("US", "(212) 555-2368", "+12125552368"),
            ("US", "1-212-555-2368", "+12125552368"),
            ("US", "011 44 20 7946 0001", "+442079460001"),
            ("DE", "030 901820", "+4930901820"),
            ("DE", "0171/2345678", "+491712345678"),
            ("DE", "+49 (0) 30 901820", "+4930901820"),
            ("FR", "06 12 34 56 78", "+33612345678"),
            ("FR", "01.42.68.53.00", "+33142685300"),
            ("JP", "090-1234-5678", "+819012345678"),
            ("JP", "03（3201）3331", "+81332013331"),
            ("IT", "06 6982", "+39066982"),
            ("", "\u{202a}+86 138 0013 8000\u{202c}", "+8613800138000"),
        ] {
            let read = of(country, stated);
            assert_eq!(read.as_deref().unwrap_or("?"), known, "{country} {stated}");
        }
    }

    #[test]
    fn what_reaches_nobody_says_why() {
        for (country, stated, why) in [
            ("", "138 0013 8000", Unreadable::NoCountry),
            ("north", "138 0013 8000", Unreadable::NoCountry),
            ("CN", "+999 12345678", Unreadable::NoCountry),
            ("CN", "10086", Unreadable::WrongLength),
            ("GB", "+44 20 7946", Unreadable::WrongLength),
            ("US", "+1 212 555 2368 0000 000", Unreadable::WrongLength),
            ("US", "(212) 055-2368", Unreadable::Unassigned),
            ("CN", "11111111111", Unreadable::Placeholder),
            ("", "12345678", Unreadable::Placeholder),
            ("US", "+1 212 555 2368 ext. 12", Unreadable::Extension),
            ("CN", "010-65529988转8012", Unreadable::Extension),
            ("CN", "ask Ada", Unreadable::NotANumber),
            ("CN", "p1", Unreadable::NotANumber),
            ("CN", "", Unreadable::NotANumber),
        ] {
            assert_eq!(of(country, stated), Err(why), "{country} {stated}");
        }
    }

    #[test]
    fn a_number_with_its_country_needs_no_range_that_is_known() {
        let known = of("CN", "+44 1632 960001").unwrap();
        assert_eq!(known, "+441632960001");
        assert!(!is_assigned(&known));
        assert!(is_assigned("+442079460001"));
    }

    proptest! {
        #[test]
        fn reading_what_was_read_changes_nothing(
            stated in "(\\+|00)?[0-9]{1,3}[ -]?(\\(0\\))?[0-9 ./-]{2,14}",
            country in prop::sample::select(vec!["", "CN", "GB", "US", "DE", "FR", "JP", "IT", "RU", "BR"]),
        ) {
            if let Ok(known) = of(country, &stated) {
                prop_assert_eq!(of(country, &known), Ok(known.clone()));
                prop_assert_eq!(of("KZ", &known), Ok(known));
            }
        }

        #[test]
        fn nothing_that_is_written_ends_the_process(
            stated in "\\PC{0,40}",
            country in prop::sample::select(vec!["", "CN", "US", "AQ"]),
        ) {
            let _ = of(country, &stated);
        }
    }
}
