use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::program::{LadderId, RuleId, TierId};
use crate::domain::simulation::*;
use crate::domain::{Points, WalletId};

const END: &str = "2026-06-01T00:00:00Z";

fn earned(issued: i64, kept: i64, expires: Option<&str>) -> Earned {
    Earned {
        wallet_id: WalletId::POINTS,
        at: Timestamp::UNIX_EPOCH,
        expires_at: expires.map(|text| text.parse().unwrap()),
        issued: Points::new(issued),
        kept: Points::new(kept),
        rules: vec![RulePoints {
            rule_id: RuleId::new("base"),
            campaign_id: None,
            points: Points::new(kept),
        }],
    }
}

fn side(earned: Vec<Earned>, tier: Option<&str>) -> Side {
    let tiers = [(LadderId::new("status"), tier.map(TierId::new))].into();
    Side { earned, tiers }
}

fn compared(members: &[Member]) -> Outcome {
    let end: Timestamp = END.parse().unwrap();
    let mut comparison = Comparison::new(WalletId::POINTS, end, 2);
    for member in members {
        comparison.add(member).unwrap();
    }
    comparison.close()
}

fn member(number: u128, simulated: Side, actual: Side) -> Member {
    Member {
        customer_id: Uuid::from_u128(number),
        simulated,
        actual,
    }
}

fn pair(simulated: i64, actual: i64) -> Compared {
    Compared { simulated, actual }
}

#[test]
fn points_are_told_as_issued_taken_back_lapsed_and_left_on_both_sides() {
    let lapsed = earned(100, 80, Some("2026-05-31T16:00:00Z"));
    let left = earned(50, 50, Some("2026-07-01T00:00:00Z"));
    let outcome = compared(&[member(
        1,
        side(vec![lapsed, left], Some("gold")),
        side(vec![earned(60, 40, None)], None),
    )]);
    let sums = outcome.wallets[&WalletId::POINTS];
    assert_eq!(sums.issued, pair(150, 60));
    assert_eq!(sums.clawed_back, pair(20, 20));
    assert_eq!(sums.expired, pair(80, 0));
    assert_eq!(sums.outstanding, pair(50, 40));
    let rule = outcome.rules.values().next().unwrap();
    assert_eq!((rule.points, rule.times), (pair(130, 40), pair(2, 1)));
    let tiers: Vec<_> = outcome.tiers.into_iter().collect();
    let status = LadderId::new("status");
    assert_eq!(
        tiers,
        [
            ((status.clone(), None), pair(0, 1)),
            ((status, Some(TierId::new("gold"))), pair(1, 0)),
        ]
    );
}

#[test]
fn all_who_are_affected_are_counted_and_those_affected_most_are_named() {
    let points = |simulated: i64, actual: i64| {
        let one = |points| side(vec![earned(points, points, None)], None);
        (one(simulated), one(actual))
    };
    let members: Vec<Member> = [(10, 10), (10, 30), (50, 10), (5, 6)]
        .into_iter()
        .zip(1..)
        .map(|((simulated, actual), number)| {
            let (simulated, actual) = points(simulated, actual);
            member(number, simulated, actual)
        })
        .collect();
    let outcome = compared(&members);
    assert_eq!((outcome.members, outcome.affected), (4, 3));
    let named: Vec<u128> = outcome
        .sample
        .iter()
        .map(|affected| affected.customer_id.as_u128())
        .collect();
    assert_eq!(named, [3, 2]);
}

#[test]
fn a_member_with_the_same_points_on_another_tier_is_affected() {
    let outcome = compared(&[member(1, side(vec![], Some("gold")), side(vec![], None))]);
    assert_eq!(outcome.affected, 1);
    let moved = &outcome.sample[0].tiers[0];
    assert_eq!(
        (&moved.simulated, &moved.actual),
        (&Some(TierId::new("gold")), &None)
    );
}

proptest! {
    /// A program compared with itself makes no difference to anybody.
    #[test]
    fn what_would_have_been_as_it_was_differs_in_nothing(
        amounts in prop::collection::vec((0..1000_i64, 0..1000_i64), 0..30)
    ) {
        let members: Vec<Member> = amounts.iter().zip(0..).map(|((issued, kept), number)| {
            let own = side(vec![earned(*issued.max(kept), *kept, None)], Some("gold"));
            member(number, own.clone(), own)
        }).collect();
        let outcome = compared(&members);
        prop_assert_eq!(outcome.affected, 0);
        for sums in outcome.wallets.values() {
            prop_assert!(sums.issued.is_same() && sums.clawed_back.is_same());
            prop_assert!(sums.expired.is_same() && sums.outstanding.is_same());
            prop_assert_eq!(sums.issued.actual, sums.clawed_back.actual + sums.outstanding.actual);
        }
        prop_assert!(outcome.rules.values().all(|rule| rule.points.is_same() && rule.times.is_same()));
        prop_assert!(outcome.tiers.values().all(|tier| tier.is_same()));
    }
}
