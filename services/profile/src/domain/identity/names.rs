//! Names as they are compared: whatever the order and case of their parts, and as they sound where they
//! are written in Chinese characters.

use std::collections::BTreeSet;

use pinyin::{ToPinyin as _, ToPinyinMulti as _};

use crate::domain::customer::Details;

/// Most syllables of a name of which the sound is taken: longer ones are names of companies.
const MOST_SYLLABLES: usize = 6;

/// A name. Without letters it is like no other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its parts in their own order; each Chinese character is one, since nothing stands between them.
    written: String,
    sounds: BTreeSet<String>,
}

impl Name {
    pub(crate) fn of(details: &Details) -> Self {
        let Details {
            family_name,
            given_name,
            display_name,
            ..
        } = details;
        let name = match (family_name.is_empty(), given_name.is_empty()) {
            (false, false) => format!("{family_name} {given_name}"),
            _ => display_name.clone(),
        };
        let parts = parts(&name);
        Self {
            sounds: sounds(&parts),
            written: in_order(parts),
        }
    }

    /// As it is written; nothing of one without letters.
    pub(crate) fn written(&self) -> impl Iterator<Item = String> + use<> {
        Some(self.written.clone())
            .filter(|written| !written.is_empty())
            .into_iter()
    }

    /// In Latin letters, in the ways in which that is done. Nothing of one without Chinese characters.
    pub(crate) fn sounds(&self) -> impl Iterator<Item = String> + use<> {
        self.sounds.clone().into_iter()
    }

    pub(crate) fn is_written_as(&self, other: &Self) -> bool {
        !self.written.is_empty() && self.written == other.written
    }

    pub(crate) fn sounds_as(&self, other: &Self) -> bool {
        self.sounds.contains(&other.written)
            || other.sounds.contains(&self.written)
            || !self.sounds.is_disjoint(&other.sounds)
    }
}

fn parts(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len());
    for letter in name.to_lowercase().chars() {
        if is_ideograph(letter) {
            spaced.extend([' ', letter, ' ']);
        } else if letter.is_alphanumeric() {
            spaced.push(letter);
        } else {
            spaced.push(' ');
        }
    }
    spaced.split_whitespace().map(ToOwned::to_owned).collect()
}

fn in_order(mut parts: Vec<String>) -> String {
    parts.sort_unstable();
    parts.join(" ")
}

/// The family's name stands first and is one character, of few families two. Its reading may be another
/// than in other words, so all are taken; of the given name the usual one, its syllables apart and
/// together.
fn sounds(parts: &[String]) -> BTreeSet<String> {
    let letters: Option<Vec<char>> = parts.iter().map(|part| ideograph(part)).collect();
    let letters = letters.filter(|letters| (2..=MOST_SYLLABLES).contains(&letters.len()));
    let mut sounds = BTreeSet::new();
    let Some((first, rest)) = letters.as_deref().and_then(<[char]>::split_first) else {
        return sounds;
    };
    let Some(rest) = readings(rest) else {
        return sounds;
    };
    for family in readings_of(*first) {
        let mut apart = rest.clone();
        apart.push(family.clone());
        sounds.insert(in_order(apart));
        sounds.insert(in_order(vec![family.clone(), rest.concat()]));
        if let Some((second, given)) = rest.split_first().filter(|(_, given)| !given.is_empty()) {
            sounds.insert(in_order(vec![family + second, given.concat()]));
        }
    }
    sounds
}

fn ideograph(part: &str) -> Option<char> {
    let mut letters = part.chars();
    let letter = letters.next().filter(|letter| is_ideograph(*letter))?;
    letters.next().is_none().then_some(letter)
}

/// The usual reading of each; `None` where one has none.
fn readings(letters: &[char]) -> Option<Vec<String>> {
    let reading = |letter: &char| Some(letter.to_pinyin()?.plain().to_owned());
    letters.iter().map(reading).collect()
}

fn readings_of(letter: char) -> BTreeSet<String> {
    let readings = letter.to_pinyin_multi().into_iter().flatten();
    readings.map(|reading| reading.plain().to_owned()).collect()
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::of(&Details {
            display_name: text.to_owned(),
            ..Details::default()
        })
    }

    #[test]
    fn chinese_names_are_known_by_their_sound_in_any_order_and_spelling() {
        for (chinese, latin) in [
            ("王小明", "Wang Xiaoming"),
            ("王小明", "Xiao Ming WANG"),
            ("欧阳娜", "Ouyang Na"),
            // Read otherwise than in other words.
            ("单雄信", "Shan Xiongxin"),
            ("曾国藩", "Zeng, Guofan"),
            ("李白", "李拜"),
        ] {
            let (one, other) = (name(chinese), name(latin));
            assert!(one.sounds_as(&other) && other.sounds_as(&one), "{chinese}");
            assert!(!one.is_written_as(&other));
        }
        assert!(name("王小明").is_written_as(&name("小明 王")));
        for (one, other) in [
            ("王小明", "Wang Daming"),
            ("王", "Wang"),
            ("", ""),
            ("A王", "A Wang"),
        ] {
            assert!(!name(one).sounds_as(&name(other)), "{one}");
        }
    }
}
