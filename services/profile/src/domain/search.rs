//! Names as they are searched for: by how they begin, whichever part is said first, and whatever stands between the
//! parts. `Müller, Jean-Luc` is found by `muller j` and by `jeanluc`, `王小明` by `王小` and by `wang xiaom`.

use std::collections::BTreeSet;

use pinyin::ToPinyin as _;
use unicode_normalization::UnicodeNormalization as _;

use super::customer::Details;

/// Most ways in which a name is searched for: of each many beginnings are kept.
const MOST_KEYS: usize = 4;
/// Of how many letters beginnings are found. Whoever asks with more has the rest compared.
const LENGTHS: [usize; 13] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16];
/// Most letters of one. Nobody types more.
const MOST_LETTERS: usize = 64;
/// Most syllables of a name of which the sound is taken: longer ones are names of companies.
const MOST_SYLLABLES: usize = 6;

/// What names begin with that are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    letters: String,
    is_whole: bool,
}

impl Prefix {
    /// `None` when there is neither a letter nor a figure in it.
    pub(crate) fn of(query: &str) -> Option<Self> {
        let letters = folded(query);
        let prefix = Self {
            letters,
            is_whole: false,
        };
        (!prefix.letters.is_empty()).then_some(prefix)
    }

    /// The same for who may not read names: such a caller has to know one. Letter by letter it could be guessed from who is
    /// found.
    pub(crate) fn whole(self) -> Self {
        Self {
            is_whole: true,
            ..self
        }
    }

    /// The longest part of it that names are found by ([`beginnings`]).
    pub(crate) fn indexed(&self) -> &str {
        let cuts = cuts(&self.letters);
        cuts.last().unwrap_or(&self.letters)
    }

    /// Whether names are found by all of it, and by nothing else.
    pub(crate) fn is_indexed(&self) -> bool {
        self.indexed() == self.letters && !self.is_whole
    }

    /// The first of the ways in which a customer is searched for that begins so.
    pub(crate) fn found_in(&self, details: &Details) -> Option<String> {
        let mut keys = keys(details).into_iter();
        let found = keys.find(|key| key.starts_with(&self.letters))?;
        (!self.is_whole || found == self.letters || self.is_part_of(details)).then_some(found)
    }

    /// Whether it is one of the parts of a name, or how that sounds.
    fn is_part_of(&self, details: &Details) -> bool {
        let (family, given) = parts(details);
        let is_it =
            |part: &String| *part == self.letters || sound(part).as_ref() == Some(&self.letters);
        [&family, &given].into_iter().any(is_it) || keys(details).contains(&self.letters)
    }
}

/// What a customer is found by: how each of the ways begins in which it is searched for, by the numbers of letters of
/// [`LENGTHS`].
pub(crate) fn beginnings(details: &Details) -> BTreeSet<String> {
    let keys = keys(details);
    let all = keys.iter().flat_map(|key| cuts(key));
    all.map(ToOwned::to_owned).collect()
}

/// The beginnings of a text of which fingerprints are made, the shortest first.
fn cuts(text: &str) -> impl Iterator<Item = &str> {
    let ends = text
        .char_indices()
        .map(|(at, letter)| at.saturating_add(letter.len_utf8()));
    let numbered = ends.zip(1_usize..);
    let ends = numbered.filter(|(_, letters)| LENGTHS.contains(letters));
    ends.filter_map(|(end, _)| text.get(..end))
}

/// The ways in which a customer is searched for, each once, the most usual first.
fn keys(details: &Details) -> Vec<String> {
    let (family, given) = parts(details);
    let mut keys = Vec::with_capacity(MOST_KEYS);
    let sounds = sound(&family).zip(sound(&given));
    let sounds = sounds
        .into_iter()
        .flat_map(|(family, given)| [format!("{family}{given}"), format!("{given}{family}")]);
    let written = [format!("{family}{given}"), format!("{given}{family}")];
    let shown = folded(&details.display_name);
    for key in written.into_iter().chain(sounds).chain([shown]) {
        let key: String = key.chars().take(MOST_LETTERS).collect();
        if !key.is_empty() && !keys.contains(&key) && keys.len() < MOST_KEYS {
            keys.push(key);
        }
    }
    keys
}

/// The name of the family and the given one; of one that is only shown, its last word and what stands before. Where
/// it is written in Chinese characters, its first and what follows.
fn parts(details: &Details) -> (String, String) {
    let Details {
        family_name,
        given_name,
        display_name,
        ..
    } = details;
    if !family_name.is_empty() || !given_name.is_empty() {
        return (folded(family_name), folded(given_name));
    }
    let shown = folded(display_name);
    if shown.chars().all(is_ideograph) {
        let mut letters = shown.chars();
        let family = letters.next().into_iter().collect();
        return (family, letters.collect());
    }
    match display_name.trim().rsplit_once(char::is_whitespace) {
        Some((given, family)) => (folded(family), folded(given)),
        None => (shown, String::new()),
    }
}

/// Small letters and figures alone, without marks on them.
fn folded(text: &str) -> String {
    let plain = text.nfkd().flat_map(char::to_lowercase);
    let plain = plain.filter(|letter| letter.is_alphanumeric());
    plain.take(MOST_LETTERS).collect()
}

/// How a name in Chinese characters is written in Latin letters, by the usual reading of each.
fn sound(name: &str) -> Option<String> {
    let letters = name.chars().count();
    if !(1..=MOST_SYLLABLES).contains(&letters) {
        return None;
    }
    let readings = name.chars().map(|letter| Some(letter.to_pinyin()?.plain()));
    readings.collect()
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> Details {
        Details {
            display_name: name.to_owned(),
            ..Details::default()
        }
    }

    fn named(family: &str, given: &str) -> Details {
        Details {
            family_name: family.to_owned(),
            given_name: given.to_owned(),
            ..Details::default()
        }
    }

    fn finds(query: &str, details: &Details) -> bool {
        let prefix = Prefix::of(query).unwrap();
        let found = prefix.found_in(details).is_some();
        // Whoever is found is looked at.
        assert!(!found || beginnings(details).contains(prefix.indexed()));
        found
    }

    #[test]
    fn names_are_found_by_how_each_part_of_them_begins() {
        for details in [named("Müller", "Jean-Luc"), shown("Jean-Luc Müller")] {
            for query in ["muller", "MÜLLER, J", "jean l", "jeanluc mu", "m"] {
                assert!(finds(query, &details), "{query}");
            }
            assert!(!finds("luc", &details));
        }
        for details in [named("王", "小明"), shown("王小明")] {
            for query in ["王", "王小", "小明", "wang xiaom", "Xiaoming W"] {
                assert!(finds(query, &details), "{query}");
            }
            assert!(!finds("王明", &details));
        }
        assert!(finds("o'b", &named("O’Brien", "")));
    }

    #[test]
    fn who_may_not_read_names_finds_by_whole_ones_alone() {
        let finds = |query: &str, details: &Details| {
            let whole = Prefix::of(query).unwrap().whole();
            assert!(!whole.is_indexed(), "whoever is found has to be looked at");
            whole.found_in(details).is_some()
        };
        for details in [named("Müller", "Jean-Luc"), shown("Jean-Luc Müller")] {
            for query in ["muller", "JEAN luc", "jean-luc müller", "Müller, Jean-Luc"] {
                assert!(finds(query, &details), "{query}");
            }
            for query in ["m", "mulle", "muller j", "jean", "jeanlucmulle"] {
                assert!(!finds(query, &details), "{query}");
            }
        }
        for query in ["王", "王小明", "wang", "wang xiaoming", "xiaoming wang"] {
            assert!(finds(query, &named("王", "小明")), "{query}");
        }
        assert!(!finds("wang xiao", &named("王", "小明")));
    }

    #[test]
    fn what_says_nothing_searches_for_nothing() {
        for query in ["", " ", "--", "*", "%"] {
            assert_eq!(Prefix::of(query), None, "{query}");
        }
        assert_eq!(beginnings(&Details::default()), BTreeSet::new());
        let long = shown(&"x".repeat(500));
        assert_eq!(keys(&long), ["x".repeat(MOST_LETTERS)]);
        let found = LENGTHS.map(|letters| "x".repeat(letters));
        assert_eq!(beginnings(&long), BTreeSet::from(found));
    }
}
