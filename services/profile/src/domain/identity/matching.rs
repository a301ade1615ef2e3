//! How likely two records are one person's, and why.
//!
//! Records are looked at that have a key in common ([`keys`]): the end of a phone number, an e-mail address,
//! another identifier, or a name and a birthday. What speaks for it and against it is weighed ([`compare`]); a person
//! decides.

use std::collections::BTreeSet;

use super::conflict::{Conflict, check_pair};
use super::kinds::kind_of;
use super::names::Name;
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::gender::Gender;
use crate::domain::identifier::IdentifierKey;
use crate::domain::points::phone::Country;
use crate::domain::points::{EMAIL, PHONE, Unreadable};

/// Digits at the end of a phone number by which one is found that does not tell its country: what comes
/// before is the country's or the trunk's code.
const PHONE_DIGITS: usize = 9;
/// Certainty.
const WHOLE: i32 = 1000;

/// What two records have in common, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    SameEmail,
    SamePhone,
    /// Of another kind: a member card, or one that the company added.
    SameIdentifier,
    SameBirthDate,
    /// One of them does not know the year.
    SameBirthday,
    SameName,
    /// One is written in Chinese characters, the other in Latin letters or in characters that sound alike.
    SameSound,
    SameAddress,
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
            Self::SameEmail | Self::SameIdentifier => 700,
            Self::SamePhone => 600,
            Self::SameBirthDate => 500,
            Self::SameName => 400,
            // Whoever lives together has it in common, so it is no key either.
            Self::SameBirthday | Self::SameSound | Self::SameAddress => 250,
            Self::OtherGender => -200,
            Self::OtherBirthDate => -700,
        }
    }
}

/// By what a record is found that may be the same person's.
pub(crate) fn keys(details: &Details) -> BTreeSet<String> {
    let phones = Phones::of(details).ends();
    let phones = phones.into_iter().map(|it| format!("phone:{it}"));
    let emails = emails(details).into_iter().map(|it| format!("email:{it}"));
    let others = others(details).into_iter();
    let others = others.map(|(kind, value)| format!("identifier:{kind}:{value}"));
    let born = details.birth_date;
    let named = born.into_iter().flat_map(|born| {
        let name = Name::of(details);
        let key = move |name| format!("name:{name}:{}-{}", born.month, born.day);
        name.written().chain(name.sounds()).map(key)
    });
    phones.chain(emails).chain(others).chain(named).collect()
}

/// Weighs what two records say.
pub(crate) fn compare(one: &Details, other: &Details) -> Likeness {
    let names = (Name::of(one), Name::of(other));
    let found = [
        (!emails(one).is_disjoint(&emails(other))).then_some(Kind::SameEmail),
        Phones::of(one)
            .share(&Phones::of(other))
            .then_some(Kind::SamePhone),
        (!others(one).is_disjoint(&others(other))).then_some(Kind::SameIdentifier),
        births(one.birth_date, other.birth_date),
        likeness(&names.0, &names.1),
        one.postal_address
            .is_place_of(&other.postal_address)
            .then_some(Kind::SameAddress),
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

/// The phone numbers of a record.
struct Phones {
    /// In E.164. Two that differ are two numbers, whatever their ends.
    known: BTreeSet<String>,
    /// The ends of those that don't tell their country, nor does the record.
    bare: BTreeSet<String>,
}

impl Phones {
    fn of(details: &Details) -> Self {
        let country = Country::named(&details.region_code);
        let is_bare = |it: &&IdentifierKey| it.problem(country) == Some(Unreadable::NoCountry);
        let stated = of_kind(details, PHONE).filter(is_bare);
        Self {
            known: values(details, PHONE).map(ToOwned::to_owned).collect(),
            bare: stated.filter_map(|it| end_of(&it.value)).collect(),
        }
    }

    fn ends(&self) -> BTreeSet<String> {
        let known = self.known.iter().filter_map(|it| end_of(it));
        known.chain(self.bare.iter().cloned()).collect()
    }

    fn share(&self, other: &Self) -> bool {
        !self.known.is_disjoint(&other.known)
            || !self.bare.is_disjoint(&other.ends())
            || !other.bare.is_disjoint(&self.ends())
    }
}

/// `None`: it is too short to be anybody's.
fn end_of(value: &str) -> Option<String> {
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    let end = digits.len().checked_sub(PHONE_DIGITS)?;
    Some(digits.into_iter().skip(end).collect())
}

/// Without the tag by which some sort their mail.
fn emails(details: &Details) -> BTreeSet<String> {
    let parts = values(details, EMAIL).filter_map(|value| value.rsplit_once('@'));
    let whole = parts.map(|(local, domain)| {
        let local = local.split_once('+').map_or(local, |(local, _)| local);
        format!("{local}@{domain}").to_lowercase()
    });
    whole.collect()
}

/// Those of other kinds that tell who somebody is.
fn others(details: &Details) -> BTreeSet<(&str, &str)> {
    let keys = details.identifiers.iter().map(|it| &it.key);
    let others = keys.filter(|key| key.kind != EMAIL && key.kind != PHONE);
    let telling = others.filter(|key| kind_of(key).tells_who());
    telling
        .map(|key| (key.kind.as_str(), key.value.as_str()))
        .collect()
}

/// Those that can be read.
fn values<'a>(details: &'a Details, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let read = of_kind(details, kind).filter(|key| key.is_read());
    read.map(|key| key.value.as_str())
}

fn of_kind<'a>(
    details: &'a Details,
    kind: &'static str,
) -> impl Iterator<Item = &'a IdentifierKey> {
    let all = details.identifiers.iter().map(|it| &it.key);
    all.filter(move |key| key.kind == kind)
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
    use crate::domain::identifier::Identifier;

    fn with(kind: &str, value: &str) -> Details {
        let country = Country::named(if value.starts_with('1') { "CN" } else { "GB" });
        let key = IdentifierKey::stated(kind.to_owned(), value.to_owned(), country);
        let verified = false;
        Details {
            identifiers: vec![Identifier { key, verified }],
            ..Details::default()
        }
    }

    fn stated(kind: &str, value: &str) -> Identifier {
        let (kind, value) = (kind.to_owned(), value.to_owned());
        Identifier {
            key: IdentifierKey::stated(kind, value, None),
            verified: false,
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
        // What does not tell its country may be the same; what does and differs is not.
        let bare = with("phone", "07911 123456 ");
        let unread = Details {
            identifiers: vec![stated("phone", "07911 123456")],
            ..Details::default()
        };
        assert!(!keys(&bare).is_disjoint(&keys(&unread)));
        assert_eq!(compare(&bare, &unread).score_permille, 600);
        let elsewhere = with("phone", "+49 7911 123456");
        assert_eq!(keys(&bare), keys(&elsewhere));
        assert_eq!(compare(&bare, &elsewhere).score_permille, 0);
        assert_eq!(
            compare(&born("", None, 3), &with("email", "a")).score_permille,
            0
        );
    }

    #[test]
    fn an_address_adds_to_what_is_found_and_finds_nobody() {
        let at = |line: &str, mut details: Details| {
            details.postal_address.locality = "上海".to_owned();
            details.postal_address.lines = vec![line.to_owned()];
            details
        };
        let one = at("浦东新区世纪大道100号501室", Details::default());
        let other = at("浦东 世纪大道100-501", Details::default());
        assert!(keys(&one).is_empty());
        assert_eq!(compare(&one, &other).score_permille, 250);
        let one = at("世纪大道100号", with("phone", "13812345678"));
        let other = at("世纪大道１００号", with("phone", "+86 138 1234 5678"));
        // 1000 - 400 * 750 / 1000
        assert_eq!(compare(&one, &other).score_permille, 700);
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
