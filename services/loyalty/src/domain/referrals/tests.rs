use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::coupons::Code;
use crate::domain::{Currency, Money};

fn hour(hour: i64) -> Timestamp {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(hour)
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn bought(order: usize, at: i64, net_minor: i64) -> BoughtOrder {
    BoughtOrder {
        order_id: format!("o-{order}"),
        ordered_at: hour(at),
        currency: currency("CNY"),
        net_minor,
        counts: net_minor > 0,
    }
}

fn minimum() -> Money {
    Money {
        currency: currency("CNY"),
        minor: 100,
    }
}

fn referral() -> Referral {
    Referral {
        referral_id: Uuid::from_u128(1),
        referee_id: Uuid::from_u128(2),
        referrer_id: Uuid::from_u128(3),
        program_id: "default".to_owned(),
        program_version: 1,
        code: String::new(),
        claimed_at: hour(10),
        until: hour(20),
        order: None,
        refused: None,
        referrer: ReferrerReward::None,
        was_reversed: false,
        kept: 0,
    }
}

fn verdict(orders: &[BoughtOrder]) -> Verdict {
    judge(hour(10), hour(20), Some(minimum()), orders)
}

#[test]
fn the_first_purchase_in_time_that_is_worth_enough_qualifies() {
    let orders = [
        bought(1, 11, 99),
        bought(2, 15, 100),
        bought(3, 14, 500),
        bought(4, 20, 500),
    ];
    let qualified = Verdict::Qualified {
        order_id: "o-3".to_owned(),
        ordered_at: hour(14),
    };
    assert_eq!(verdict(&orders), qualified);
    assert_eq!(verdict(&orders[3..]), Verdict::Awaiting);
    assert_eq!(verdict(&orders[..1]), Verdict::Awaiting);
    let abroad = BoughtOrder {
        currency: currency("GBP"),
        ..bought(5, 12, 10_000)
    };
    assert_eq!(verdict(&[abroad]), Verdict::Awaiting);
}

#[test]
fn whoever_had_bought_before_was_brought_by_nobody_unless_it_is_returned() {
    let orders = [bought(1, 9, 100), bought(2, 12, 100)];
    let before = Verdict::BoughtBefore {
        order_id: "o-1".to_owned(),
    };
    assert_eq!(verdict(&orders), before);
    let returned = [bought(1, 9, 0), bought(2, 12, 100)];
    assert!(matches!(verdict(&returned), Verdict::Qualified { order_id, .. } if order_id == "o-2"));
    let refused = referral().after(&before);
    assert_eq!(refused.state(hour(12)), State::Refused);
    assert_eq!(refused.reason(hour(12)), Some(Reason::BoughtBefore));
    assert!(refused.after(&verdict(&returned)).is_qualified());
}

#[test]
fn a_referral_says_where_it_stands_and_why() {
    let told = |referral: &Referral, at| (referral.state(hour(at)), referral.reason(hour(at)));
    let claimed = referral();
    assert_eq!(told(&claimed, 19), (State::Claimed, None));
    assert_eq!(told(&claimed, 20), (State::Lapsed, None));

    let mut qualified = claimed.after(&verdict(&[bought(1, 12, 100)]));
    assert_eq!(told(&qualified, 30), (State::Qualified, None));
    qualified.referrer = ReferrerReward::LimitReached;
    assert_eq!(
        told(&qualified, 30),
        (State::Qualified, Some(Reason::LimitReached))
    );
    qualified.referrer = ReferrerReward::Given;
    assert_eq!(told(&qualified, 30), (State::Rewarded, None));

    let mut reversed = qualified.after(&Verdict::Awaiting);
    assert_eq!(
        told(&reversed, 30),
        (State::Reversed, Some(Reason::PurchaseReturned))
    );
    reversed.kept = 1;
    assert_eq!(
        told(&reversed, 30),
        (State::Reversed, Some(Reason::RewardKept))
    );
    // The next purchase in time takes its place.
    let again = reversed.after(&verdict(&[bought(2, 13, 100)]));
    assert!(again.is_qualified() && !again.was_reversed);
}

#[test]
fn one_person_stays_one_person_whatever_it_buys() {
    let mut same = referral();
    same.refused = Some(Refusal::SamePerson);
    let after = same.after(&verdict(&[bought(1, 12, 100)]));
    assert!(!after.is_qualified());
    assert_eq!(after.reason(hour(12)), Some(Reason::SamePerson));
}

#[test]
fn oneself_and_rings_are_refused_as_deep_as_the_program_looks() {
    let [me, a, b, c] = [1, 2, 3, 4].map(Uuid::from_u128);
    assert_eq!(check_lineage(me, &[a, b, c], 5), Ok(()));
    assert_eq!(check_lineage(me, &[me], 5), Err(LineageError::Oneself));
    let ring = |steps| Err(LineageError::Ring { steps });
    assert_eq!(check_lineage(me, &[a, me], 5), ring(1));
    assert_eq!(check_lineage(me, &[a, b, c, me], 3), ring(3));
    assert_eq!(check_lineage(me, &[a, b, c, me], 2), Ok(()));
}

#[test]
fn a_code_is_the_same_each_time_and_another_for_each_member_secret_and_attempt() {
    let code = |secret: u8, member, attempt| {
        code_of(&[secret; 32], Uuid::from_u128(member), attempt).unwrap()
    };
    let one = code(1, 1, 0);
    assert_eq!(one, code(1, 1, 0));
    assert_eq!(Code::parse(&one.as_str().to_lowercase()), Ok(one.clone()));
    for other in [code(2, 1, 0), code(1, 2, 0), code(1, 1, 1)] {
        assert_ne!(one, other);
    }
}

proptest! {
    #[test]
    fn a_purchase_that_was_wholly_returned_leaves_a_referral_as_if_it_had_never_been(
        orders in prop::collection::vec((0_i64..30, 0_i64..300), 0..8),
        gone in 0_usize..8,
    ) {
        let orders = orders.iter().enumerate();
        let mut orders: Vec<_> = orders.map(|(id, (at, net))| bought(id, *at, *net)).collect();
        let without: Vec<_> = orders.iter().enumerate()
            .filter(|(id, _)| *id != gone).map(|(_, order)| order.clone()).collect();
        if let Some(order) = orders.get_mut(gone) {
            (order.net_minor, order.counts) = (0, false);
        }
        orders.reverse();
        prop_assert_eq!(verdict(&orders), verdict(&without));
    }
}
