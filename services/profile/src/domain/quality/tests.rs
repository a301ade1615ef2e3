use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::summary::{Kind, Summary};
use super::*;
use crate::domain::birth_date::BirthDate;
use crate::domain::gender::Gender;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::golden::Golden;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::identity::trust::Trust;
use crate::domain::ids::CustomerId;
use crate::domain::points::address::PostalAddress;

fn day(nth: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 50 + 24 * nth)
}

fn as_of() -> AsOf {
    AsOf {
        now: day(100),
        stale_before: day(10),
    }
}

fn identifier(kind: &str, value: &str) -> Identifier {
    let (kind, value) = (kind.to_owned(), value.to_owned());
    Identifier {
        key: IdentifierKey::stated(kind, value, None),
        verified: false,
    }
}

fn whole() -> Details {
    Details {
        identifiers: vec![
            identifier("phone", "+8613800138000"),
            identifier("email", "ada@example.com"),
            identifier("device", "0815"),
        ],
        display_name: "Ada".to_owned(),
        birth_date: Some(BirthDate {
            year: Some(1990),
            month: 5,
            day: 17,
        }),
        gender: Gender::Female,
        postal_address: PostalAddress {
            locality: "上海".to_owned(),
            lines: vec!["世纪大道100号".to_owned()],
            ..PostalAddress::default()
        },
        language_code: "zh".to_owned(),
        region_code: "CN".to_owned(),
        ..Details::default()
    }
}

fn customer(details: &Details, seen: Timestamp) -> Customer {
    let id = CustomerId(Uuid::from_u128(1));
    let source = Source::new(SourceId(id.0), id, ("app", "1".to_owned()), seen);
    let source = source.saying(details, seen);
    Customer::create(id, Golden::of(&[source], &Trust::default()), seen)
}

fn findings(quality: &Quality) -> Vec<(&str, Problem)> {
    let findings = quality.findings.iter();
    findings.map(|it| (it.field.as_str(), it.problem)).collect()
}

#[test]
fn a_record_that_tells_all_and_was_seen_lately_is_as_good_as_can_be() {
    let quality = assess(&customer(&whole(), day(10)), as_of());
    assert_eq!((quality.completeness, quality.validity), (100, 100));
    assert_eq!(quality.findings, []);
    let nobody = assess(&customer(&Details::default(), day(0)), as_of());
    assert_eq!((nobody.completeness, nobody.validity), (0, 100));
    assert_eq!(nobody.findings.len(), WORTH.len());
}

#[test]
fn each_fault_is_named() {
    let details = Details {
        identifiers: vec![
            identifier("phone", "12"),
            identifier("phone", "11111111111"),
            identifier("phone", "+441632960001"),
        ],
        display_name: "Test".to_owned(),
        birth_date: Some(BirthDate {
            year: Some(1900),
            month: 1,
            day: 1,
        }),
        ..whole()
    };
    let quality = assess(&customer(&details, day(50)), as_of());
    let expected = [
        ("identifiers.email", Problem::Missing),
        ("identifiers[0]", Problem::Invalid),
        ("identifiers[1]", Problem::Placeholder),
        ("identifiers[2]", Problem::Unassigned),
        ("display_name", Problem::Placeholder),
        ("birth_date", Problem::Placeholder),
    ];
    assert_eq!(findings(&quality), expected);
    assert_eq!((quality.completeness, quality.validity), (80, 16));
}

#[test]
fn what_was_seen_too_long_ago_counts_half_until_it_is_confirmed() {
    let since = day(9);
    let stale = customer(&whole(), since);
    assert_eq!(oldest_confirmation(&stale), Some(since));
    let quality = assess(&stale, as_of());
    let expected = ["identifiers[0]", "identifiers[1]", "postal_address"];
    let expected = expected.map(|field| (field, Problem::Stale { since }));
    assert_eq!(findings(&quality), expected);
    // Three of five by half.
    assert_eq!(quality.validity, 70);
    assert_eq!(
        oldest_confirmation(&customer(&Details::default(), since)),
        None
    );
}

#[test]
fn a_summary_counts_customers_and_not_their_values() {
    let bad = Details {
        identifiers: vec![identifier("phone", "1"), identifier("phone", "2")],
        ..whole()
    };
    let all = [whole(), bad].map(|it| assess(&customer(&it, day(50)), as_of()));
    let summary = Summary::of(&all, true);
    let shares: Vec<_> = summary
        .shares
        .iter()
        .map(|it| (it.group, it.problem, it.permille))
        .collect();
    let expected = [
        ("identifiers.email", Kind::Missing, 500),
        ("identifiers.phone", Kind::Invalid, 500),
    ];
    assert_eq!(shares, expected);
    assert_eq!((summary.size, summary.margin_permille), (2, 0));
    assert_eq!((summary.completeness, summary.validity), (90, 80));
    let many = vec![all[0].clone(); 2500];
    assert_eq!(Summary::of(&many, false).margin_permille, 20);
    assert_eq!(Summary::of(&[], false).margin_permille, 981);
}

proptest! {
    /// The queue asks the index alone; what it tells must be what the findings tell.
    #[test]
    fn somebody_is_in_the_queue_exactly_when_a_value_is_stale(
        has in prop::collection::vec(any::<bool>(), 3), nth in 0_i64..20,
    ) {
        let full = whole();
        let mut details = full.clone();
        details.identifiers.retain(|it| match it.key.kind.as_str() {
            "phone" => has[0],
            "email" => has[1],
            _ => true,
        });
        if !has[2] {
            details.postal_address = PostalAddress::default();
        }
        let customer = customer(&details, day(nth));
        let is_due = oldest_confirmation(&customer).is_some_and(|at| at < as_of().stale_before);
        let quality = assess(&customer, as_of());
        let is_stale = quality.findings.iter().any(|it| matches!(it.problem, Problem::Stale { .. }));
        prop_assert_eq!(is_due, is_stale);
    }
}
