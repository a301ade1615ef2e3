//! A record does not depend on the order in which anything was said, nor a refusal on who is asked first.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::step::{FIELDS, HOMES, home};
use super::world::{source, told};
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::identity::conflict::{check_pair, check_values};
use crate::domain::identity::golden::Golden;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::trust::Trust;

/// Some fields, and what they are.
pub(crate) fn details() -> impl Strategy<Value = (Vec<Field>, Details)> {
    let kinds = prop::sample::select(vec!["phone", "email", "member_card", "national_id"]);
    let identifier = (kinds, 1_u8..3, any::<bool>()).prop_map(|(kind, value, verified)| {
        let key = IdentifierKey::stated(kind.to_owned(), format!("v{value}"), None);
        Identifier { key, verified }
    });
    let identifiers = prop::collection::vec(identifier, 0..3).prop_map(|mut all| {
        let mut seen = BTreeSet::new();
        all.retain(|it| seen.insert(it.key.clone()));
        if check_values(&all).is_err() {
            all.truncate(1);
        }
        all
    });
    let text = || prop::sample::select(vec!["", "x", "y"]).prop_map(str::to_owned);
    let year = prop::option::of(1990_i16..1992);
    let birth = prop::option::of((year, 1_i8..3).prop_map(|(year, month)| BirthDate {
        year,
        month,
        day: 1,
    }));
    let fields = prop::sample::subsequence(FIELDS.to_vec(), 1..=4);
    (fields, identifiers, text(), text(), birth).prop_map(
        |(fields, identifiers, display_name, brand, birth_date)| {
            let details = Details {
                identifiers,
                display_name,
                birth_date,
                brand,
                ..Details::default()
            };
            (fields, details)
        },
    )
}

proptest! {
    #[test]
    fn a_golden_record_does_not_depend_on_the_order_of_its_sources(
        all in prop::collection::vec((0..HOMES, 0_usize..3, details(), 0_i64..3), 1..8),
        turn in 0_usize..8,
    ) {
        let mut profile = Profile::alone(home(0), Vec::new());
        for (of, channel, (fields, details), minute) in &all {
            let said = told(fields, details, *minute);
            let _ = profile.ingest(source(*of, *channel), said, &Trust::default());
        }
        let mut turned = profile.sources.clone();
        turned.reverse();
        let by = turn % turned.len().max(1);
        turned.rotate_left(by);
        prop_assert_eq!(Golden::of(&turned, &Trust::default()), profile.golden(&Trust::default()));
    }

    #[test]
    fn whether_two_are_one_person_does_not_depend_on_who_is_asked_first(
        one in details(),
        other in details(),
    ) {
        let (one, other) = (one.1.identifiers, other.1.identifiers);
        prop_assert_eq!(check_pair(&one, &other).is_ok(), check_pair(&other, &one).is_ok());
    }
}
