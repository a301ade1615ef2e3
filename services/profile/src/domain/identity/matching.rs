//! How likely two records are one person's, and why.
//!
//! Records are looked at that have a key in common ([`keys`]): a phone or an e-mail address however it is
//! written, or a name and a birthday. What speaks for it and against it is weighed ([`compare`]); a person
//! decides.

use std::collections::BTreeSet;

use super::conflict::{Conflict, check_pair};
use super::names::Name;
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::gender::Gender;

/// Digits by which phone numbers are compared: what comes before is the country's or the trunk's code,
/// which some leave out.
const PHONE_DIGITS: usize = 9;
/// Fewer digits are no phone number.
const LEAST_DIGITS: usize = 7;
/// Certainty.
const WHOLE: i32 = 1000;

/// What two records have in common, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    SameEmail,
    SamePhone,
    SameBirthDate,
    /// One of them does not know the year.
    SameBirthday,
    SameName,
    /// One is written in Chinese characters, the other in Latin letters or in characters that sound alike.
    SameSound,
    OtherBirthDate,
    OtherGender,
}

/// Something that speaks for it or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) kind: Kind,
    /// By how many thousandths it lowers the doubt; negative: the belief.
    pub(crate) weight_permille: i32,
}

/// What speaks for two records being one person's, and against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Likeness {
    /// How sure it is, in thousandths.
    pub(crate) score_permille: i32,
    pub(crate) evidence: Vec<Evidence>,
    /// Why they can't be joined as they are.
    pub(crate) conflict: Option<Conflict>,
}

impl Kind {
    /// Its part: see [`Evidence`].
    pub(crate) fn weight_permille(self) -> i32 {
        match self {
            Self::SameEmail => 700,
            Self::SamePhone => 600,
            Self::SameBirthDate => 500,
            Self::SameName => 400,
            Self::SameBirthday | Self::SameSound => 250,
            Self::OtherGender => -200,
            Self::OtherBirthDate => -700,
        }
    }
}

/// By what a record is found that may be the same person's.
pub(crate) fn keys(details: &Details) -> BTreeSet<String> {
    let phones = phones(details).into_iter().map(|it| format!("phone:{it}"));
    let emails = emails(details).into_iter().map(|it| format!("email:{it}"));
    let born = details.birth_date;
    let named = born.into_iter().flat_map(|born| {
        let name = Name::of(details);
        let key = move |name| format!("name:{name}:{}-{}", born.month, born.day);
        name.written().chain(name.sounds()).map(key)
    });
    phones.chain(emails).chain(named).collect()
}

/// Weighs what two records say.
pub(crate) fn compare(one: &Details, other: &Details) -> Likeness {
    let share = |of: fn(&Details) -> BTreeSet<String>| !of(one).is_disjoint(&of(other));
    let names = (Name::of(one), Name::of(other));
    let found = [
        share(emails).then_some(Kind::SameEmail),
        share(phones).then_some(Kind::SamePhone),
        births(one.birth_date, other.birth_date),
        likeness(&names.0, &names.1),
        (is_stated(one) && is_stated(other) && one.gender != other.gender)
            .then_some(Kind::OtherGender),
    ];
    let evidence = found.into_iter().flatten().map(|kind| Evidence {
        kind,
        weight_permille: kind.weight_permille(),
    });
    let evidence: Vec<_> = evidence.collect();
    Likeness {
        score_permille: score(&evidence),
        evidence,
        conflict: check_pair(&one.identifiers, &other.identifiers).err(),
    }
}

/// Each thing that speaks for it takes its part of the doubt that is left, each that speaks against it its
/// part of the belief.
fn score(evidence: &[Evidence]) -> i32 {
    let part = |whole: i32, left: i32| whole.saturating_mul(left) / WHOLE;
    let weights = || evidence.iter().map(|it| it.weight_permille);
    let doubt = weights().filter(|weight| *weight > 0);
    let doubt = doubt.fold(WHOLE, |left, weight| {
        part(left, WHOLE.saturating_sub(weight))
    });
    let against = weights().filter(|weight| *weight < 0);
    against.fold(WHOLE.saturating_sub(doubt), |left, weight| {
        part(left, WHOLE.saturating_add(weight))
    })
}

fn phones(details: &Details) -> BTreeSet<String> {
    let digits = |value: &str| -> String { value.chars().filter(char::is_ascii_digit).collect() };
    let all = values(details, "phone").map(digits);
    let all = all.filter(|digits| digits.len() >= LEAST_DIGITS);
    let last = |digits: String| {
        let skipped = digits.len().saturating_sub(PHONE_DIGITS);
        digits.chars().skip(skipped).collect()
    };
    all.map(last).collect()
}

/// Without the tag by which some sort their mail.
fn emails(details: &Details) -> BTreeSet<String> {
    let parts = values(details, "email").filter_map(|value| value.trim().split_once('@'));
    let whole = parts.map(|(local, domain)| {
        let local = local.split_once('+').map_or(local, |(local, _)| local);
        format!("{local}@{domain}").to_lowercase()
    });
    whole.collect()
}

fn values<'a>(details: &'a Details, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let of_kind = details
        .identifiers
        .iter()
        .filter(move |it| it.key.kind == kind);
    of_kind.map(|it| it.key.value.as_str())
}

fn likeness(one: &Name, other: &Name) -> Option<Kind> {
    if one.is_written_as(other) {
        Some(Kind::SameName)
    } else {
        one.sounds_as(other).then_some(Kind::SameSound)
    }
}

fn births(one: Option<BirthDate>, other: Option<BirthDate>) -> Option<Kind> {
    let (one, other) = (one?, other?);
    let is_same_day = (one.month, one.day) == (other.month, other.day);
    match (one.year, other.year) {
        _ if !is_same_day => Some(Kind::OtherBirthDate),
        (Some(one), Some(other)) if one != other => Some(Kind::OtherBirthDate),
        (Some(_), Some(_)) => Some(Kind::SameBirthDate),
        _ => Some(Kind::SameBirthday),
    }
}

fn is_stated(details: &Details) -> bool {
    matches!(
        details.gender,
        Gender::Female | Gender::Male | Gender::Other
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::{Identifier, IdentifierKey};

    fn with(kind: &str, value: &str) -> Details {
        let key = IdentifierKey {
            kind: kind.to_owned(),
            value: value.to_owned(),
        };
        let verified = false;
        Details {
            identifiers: vec![Identifier { key, verified }],
            ..Details::default()
        }
    }

    fn born(name: &str, year: Option<i16>, day: i8) -> Details {
        Details {
            display_name: name.to_owned(),
            birth_date: Some(BirthDate {
                year,
                month: 2,
                day,
            }),
            ..Details::default()
        }
    }

    #[test]
    fn phones_addresses_and_names_are_the_same_however_they_are_written() {
        for (kind, one, other) in [
            ("phone", "+44 20 7946 0001", "(020) 7946-0001"),
            ("phone", "+86 138 1234 5678", "13812345678"),
            ("email", "Ada+shop@Example.com ", "ada@example.com"),
        ] {
            let (one, other) = (with(kind, one), with(kind, other));
            assert_eq!(keys(&one), keys(&other));
            assert_eq!(compare(&one, &other).evidence.len(), 1);
        }
        for (one, other) in [("Ada LOVELACE", "Lovelace, Ada"), ("王小明", "小明 王")] {
            let (one, other) = (born(one, Some(1990), 3), born(other, None, 3));
            assert!(!keys(&one).is_disjoint(&keys(&other)));
            let kinds = compare(&one, &other).evidence.into_iter();
            let kinds: Vec<_> = kinds.map(|it| it.kind).collect();
            assert_eq!(kinds, [Kind::SameBirthday, Kind::SameName]);
        }
        let (chinese, latin) = (
            born("王小明", Some(1990), 3),
            born("Xiaoming Wang", Some(1990), 3),
        );
        assert!(!keys(&chinese).is_disjoint(&keys(&latin)));
        assert_eq!(compare(&chinese, &latin).score_permille, 625);
        assert!(keys(&with("phone", "12")).is_empty());
        assert_eq!(
            compare(&born("", None, 3), &with("email", "a")).score_permille,
            0
        );
    }

    #[test]
    fn evidence_takes_from_doubt_and_counter_evidence_from_belief() {
        let score = |one: &Details, other: &Details| compare(one, other).score_permille;
        let ada = born("Ada", Some(1990), 3);
        assert_eq!(score(&ada, &ada), 700, "1000 - 500 * 600 / 1000");
        assert_eq!(score(&ada, &born("Ada", Some(1990), 4)), 120);
        assert_eq!(score(&ada, &born("Ada", Some(1991), 3)), 120);
        let card = |value| with("member_card", value);
        let conflict = compare(&card("a"), &card("b")).conflict;
        assert!(matches!(conflict, Some(Conflict::SecondValue { .. })));
    }
}
