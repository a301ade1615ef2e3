//! What happens in a history, drawn from its number.

use super::step::{BRANDS, CHANNELS, FIELDS, KEYS, Step, TAGS, TOPICS, VALUES};
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::identity::conflict::check_values;

/// `SplitMix64`: the same numbers from the same seed, on every machine and in every release.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % most as u64).unwrap()
    }

    fn between(&mut self, least: i64, below: usize) -> i64 {
        least + i64::try_from(self.below(below)).unwrap()
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Something that happens to one of so many ids.
    pub(super) fn step(&mut self, homes: usize) -> Step {
        let home = self.below(homes);
        match self.below(100) {
            0..=17 => {
                let channel = 1 + self.below(CHANNELS.len() - 1);
                let (fields, details) = self.told();
                Step::Ingest(home, channel, fields, details, self.between(0, 20))
            }
            18..=29 => {
                let (fields, details) = self.told();
                Step::Amend(home, fields, details, self.between(0, 20))
            }
            30..=40 => Step::Consent {
                home,
                topic: self.below(TOPICS),
                kind: self.below(4),
                decided: self.between(0, 40),
                lasts: self.once_in(3).then(|| self.between(1, 3_000)),
                proof: self.once_in(2).then(|| self.below(2)),
            },
            41..=48 => {
                let lasts = self.once_in(3).then(|| self.between(1, 2_000));
                Step::Tag(home, self.below(TAGS.len()), lasts)
            }
            49..=54 => Step::Untag(home, self.below(TAGS.len())),
            55..=60 => Step::Set(home, self.below(KEYS.len()), self.below(VALUES.len())),
            61..=65 => Step::Clear(home, self.below(KEYS.len())),
            66..=73 => {
                let late = self.once_in(3).then(|| self.between(0, 3_000));
                Step::Buy(home, self.between(0, 500), late.unwrap_or(0))
            }
            74..=78 => Step::PayBack(home, self.below(4), self.between(0, 1_001)),
            79..=91 => Step::Merge(home, self.below(homes)),
            _ => Step::Unmerge(self.below(4)),
        }
    }

    /// Some fields, at least one, and what they are.
    fn told(&mut self) -> (Vec<Field>, Details) {
        let chosen = 1 + self.below(15);
        let fields = (0..).zip(FIELDS);
        let fields = fields.filter(|(nth, _)| chosen & (1_usize << nth) != 0);
        let mut identifiers: Vec<Identifier> = Vec::new();
        for _ in 0..self.below(3) {
            let identifier = self.identifier();
            identifiers.retain(|it| it.key != identifier.key);
            identifiers.push(identifier);
        }
        if check_values(&identifiers).is_err() {
            identifiers.truncate(1);
        }
        let details = Details {
            identifiers,
            display_name: BRANDS[self.below(3)].to_owned(),
            brand: BRANDS[self.below(3)].to_owned(),
            birth_date: (!self.once_in(3)).then(|| self.birth_date()),
            ..Details::default()
        };
        (fields.map(|(_, field)| field).collect(), details)
    }

    fn identifier(&mut self) -> Identifier {
        let kinds = ["phone", "email", "member_card", "national_id"];
        let kind = kinds[self.below(4)].to_owned();
        let value = ["v1", "v2"][self.below(2)].to_owned();
        Identifier {
            key: IdentifierKey::kept(kind, value, true),
            verified: self.once_in(4),
        }
    }

    fn birth_date(&mut self) -> BirthDate {
        let year = (!self.once_in(3)).then(|| [1990, 1991][self.below(2)]);
        BirthDate {
            year,
            month: [1, 2][self.below(2)],
            day: 1,
        }
    }
}
