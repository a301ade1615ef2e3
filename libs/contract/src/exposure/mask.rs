//! Masks: enough to recognise a value by, not enough to use it. How long a value was is not told.

use super::Class;

/// What every mask of a text holds, and what people hardly write.
const STARS: &str = "****";

/// A text that holds this is taken for a mask.
const SIGN: &str = "***";

/// Most words of a name that are told.
const MAX_WORDS: usize = 4;

/// From how many digits on a number in a text may be somebody's.
const PRIVATE_DIGITS: usize = 6;

/// The masked form of a value.
pub fn text(class: Class, text: &str) -> String {
    match class {
        _ if text.is_empty() => String::new(),
        Class::Contact => contact(text),
        Class::Personal => initials(text),
        Class::Sensitive => STARS.to_owned(),
        Class::FreeText => redacted(text),
    }
}

/// Whether a text is a mask rather than a value.
pub fn is_mask(text: &str) -> bool {
    text.contains(SIGN)
}

/// `13812345678` → `138****5678`, `lucy@example.org` → `l***@example.org`.
fn contact(text: &str) -> String {
    if let Some((local, domain)) = text.rsplit_once('@') {
        return format!("{}{SIGN}@{domain}", first(local, 1));
    }
    // So much is told that what is kept back stays more than can be guessed.
    let (head, tail) = match text.chars().count() {
        11.. => (3, 4),
        8..=10 => (2, 2),
        5..=7 => (1, 1),
        _ => (0, 0),
    };
    format!("{}{STARS}{}", first(text, head), last(text, tail))
}

/// `Lucy Wang` → `L*** W***`, `王小明` → `王***`.
fn initials(text: &str) -> String {
    let words = text.split_whitespace().take(MAX_WORDS);
    let masked: Vec<_> = words
        .map(|word| format!("{}{SIGN}", first(word, 1)))
        .collect();
    masked.join(" ")
}

/// The text without addresses and numbers that are long enough to be somebody's.
fn redacted(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            written.push(' ');
        }
        if word.contains('@') {
            written.push_str(STARS);
        } else {
            written.push_str(word);
        }
    }
    without_numbers(&written)
}

/// A number goes on over what people put between its digits.
fn without_numbers(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_numeric()) {
        let (before, from) = rest.split_at(start);
        written.push_str(before);
        let goes_on = |letter: char| letter.is_numeric() || " -./()".contains(letter);
        let end = from.find(|letter| !goes_on(letter)).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        if number.chars().filter(|letter| letter.is_numeric()).count() < PRIVATE_DIGITS {
            written.push_str(number);
        } else {
            written.push_str(STARS);
            if number.ends_with(' ') {
                written.push(' ');
            }
        }
        rest = after;
    }
    written.push_str(rest);
    written
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

fn last(text: &str, count: usize) -> String {
    let letters = text.chars().count();
    text.chars().skip(letters.saturating_sub(count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_can_be_recognised_by_its_mask_and_not_be_used() {
        for (class, value, masked) in [
            (Class::Contact, "13812345678", "138****5678"),
            (Class::Contact, "+447911123456", "+44****3456"),
            (Class::Contact, "lucy@example.org", "l***@example.org"),
            (Class::Contact, "@", "***@"),
            (Class::Contact, "8675309", "8****9"),
            (Class::Contact, "abc", "****"),
            (Class::Contact, "李雷的小程序账号12345", "李雷的****2345"),
            (Class::Personal, "Lucy Wang", "L*** W***"),
            (Class::Personal, "王小明", "王***"),
            (Class::Personal, " ", ""),
            (Class::Sensitive, "50-80k", "****"),
            (Class::Contact, "", ""),
        ] {
            assert_eq!(text(class, value), masked, "{value}");
        }
    }

    #[test]
    fn free_text_loses_addresses_and_long_numbers_and_keeps_the_rest() {
        for (value, masked) in [
            (
                "Call 138-1234-5678 or lucy@example.org!",
                "Call **** or ****",
            ),
            (
                "2 boxes, 3 broken, order 1234",
                "2 boxes, 3 broken, order 1234",
            ),
            ("电话１３８１２３４５６７８，谢谢", "电话****，谢谢"),
            ("no number", "no number"),
        ] {
            assert_eq!(text(Class::FreeText, value), masked, "{value}");
        }
    }

    #[test]
    fn every_mask_of_a_value_is_known_for_one() {
        for class in [Class::Contact, Class::Personal, Class::Sensitive] {
            for value in ["1", "a@b", "Lucy", "李雷", "13812345678", "x y z"] {
                assert!(is_mask(&text(class, value)), "{value}");
            }
        }
        assert!(!is_mask("5* hotel **"));
    }
}
