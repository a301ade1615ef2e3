use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::program::{
    LadderId, Presale, RedemptionPolicy, Reward, RewardId, RewardKind, TierGate, TierId,
    TimeWindow, WalletId,
};
use crate::domain::{Currency, Money, Points};

fn yuan(minor: i64) -> Money {
    let currency = Currency::parse("CNY").unwrap();
    Money { currency, minor }
}

fn second(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

fn reward(kind: RewardKind, points: i64) -> Reward {
    Reward {
        reward_id: RewardId::new("mug"),
        display_name: "Mug".to_owned(),
        kind,
        wallet_id: WalletId::POINTS,
        points: Points::new(points),
        cash: None,
        stock: None,
        per_member_limit: None,
        window: TimeWindow::default(),
        gates: Vec::new(),
        presale: None,
    }
}

fn deduction(points: i64, minor: i64, limit_basis_points: u16) -> Reward {
    let deduction = yuan(minor);
    reward(
        RewardKind::CashDeduction {
            deduction,
            limit_basis_points,
        },
        points,
    )
}

fn policy(minimum: i64, step: i64, maximum: Option<i64>) -> RedemptionPolicy {
    RedemptionPolicy {
        minimum: Points::new(minimum),
        step: Points::new(step),
        maximum: maximum.map(Points::new),
        ..RedemptionPolicy::default()
    }
}

fn purse(available: i64) -> Purse {
    Purse {
        available: Points::new(available),
        at_most: None,
    }
}

proptest! {
    #[test]
    fn a_deduction_is_the_most_that_a_search_through_all_steps_finds(
        price in 1_i64..30, minor in 1_i64..40, limit in 1_u16..=10_000,
        minimum in 1_i64..60, step in 1_i64..20, maximum in prop::option::of(1_i64..200),
        basket in 0_i64..500, available in 0_i64..300, at_most in prop::option::of(0_i64..300),
    ) {
        let purse = Purse { available: Points::new(available), at_most: at_most.map(Points::new) };
        let policy = policy(minimum, step, maximum);
        let found = best_deduction(&deduction(price, minor, limit), &policy, yuan(basket), purse);
        let wallet = at_most.map_or(available, |most| most.min(available));
        let fits = |steps: &i64| {
            let points = steps * price;
            points <= wallet && points >= minimum && points % step == 0
                && maximum.is_none_or(|most| points <= most)
                && steps * minor <= basket * i64::from(limit) / 10_000
        };
        let best = (1..=500).rev().find(fits);
        prop_assert_eq!(found.map(|found| found.steps).ok(), best);
        if let Ok(found) = found {
            prop_assert_eq!((found.points.get(), found.money.minor), (found.steps * price, found.steps * minor));
        }
    }

    #[test]
    fn parts_of_an_order_come_back_until_nothing_is_left_and_never_more(
        is_money in any::<bool>(), whole in 1_i64..50, parts in prop::collection::vec(1_i64..20, 0..12),
    ) {
        let mut order = order(is_money, whole);
        let mut back = 0;
        for part in parts {
            let asked = if is_money { Part::Deduction(yuan(part)) } else { Part::Pieces(part) };
            match order.take_back(asked) {
                Ok(took) => {
                    back += part;
                    prop_assert_eq!((took.back, took.whole), (back, whole));
                    order = order.after(took, Points::ZERO, second(1));
                }
                Err(PartError::Exceeds { left }) => prop_assert!(left == whole - back && part > left),
                Err(error) => prop_assert_eq!(error, PartError::State(StateForbids { state: RewardOrderState::Returned })),
            }
            prop_assert_eq!(order.state == RewardOrderState::Returned, back == whole);
        }
        if back < whole {
            let took = order.take_back(Part::Rest).unwrap();
            order = order.after(took, Points::ZERO, second(1));
        }
        prop_assert_eq!(order.state, RewardOrderState::Returned);
        prop_assert_eq!(order.returned_quantity, order.price.quantity);
    }
}

fn order(is_money: bool, whole: i64) -> RewardOrder {
    RewardOrder {
        reward_order_id: Uuid::from_u128(1),
        customer_id: Uuid::from_u128(2),
        program_id: "default".to_owned(),
        program_version: 1,
        reward_id: "mug".to_owned(),
        display_name: "Mug".to_owned(),
        kind: if is_money {
            Subject::CashDeduction
        } else {
            Subject::Goods
        },
        price: Price {
            quantity: if is_money { 3 } else { whole },
            points: 100,
            cash_minor: 0,
            deduction_minor: if is_money { whole } else { 0 },
        },
        wallet: "POINTS".to_owned(),
        cash_currency: None,
        deduction_currency: is_money.then(|| Currency::parse("CNY").unwrap()),
        counts_stock: false,
        reference: "mug".to_owned(),
        state: RewardOrderState::Completed,
        quote_id: None,
        redemption_id: Some(Uuid::from_u128(3)),
        hold_id: None,
        hold_expires_at: None,
        returned_quantity: 0,
        returned_minor: 0,
        restored: Points::ZERO,
        created_at: second(0),
        updated_at: second(0),
    }
}

#[test]
fn why_nothing_is_taken_off_is_told() {
    let ladder = deduction(100, 100, 5_000);
    let policy = policy(1_000, 1, Some(1_500));
    let refused = |basket, purse| best_deduction(&ladder, &policy, basket, purse).unwrap_err();
    assert_eq!(
        refused(yuan(199), purse(5_000)),
        DeductionError::BasketTooSmall
    );
    let minimum = Points::new(1_000);
    assert_eq!(
        refused(yuan(1_999), purse(5_000)),
        DeductionError::BelowMinimum { minimum }
    );
    let (available, required) = (Points::new(999), Points::new(1_000));
    assert_eq!(
        refused(yuan(2_000), purse(999)),
        DeductionError::Insufficient {
            available,
            required
        }
    );
    let currency = Currency::parse("EUR").unwrap();
    assert_eq!(
        refused(Money { currency, minor: 9 }, purse(9)),
        DeductionError::Currency
    );
    let best = best_deduction(&ladder, &policy, yuan(2_000_000), purse(5_000)).unwrap();
    assert_eq!((best.steps, best.money), (15, yuan(1_500)));
}

#[test]
fn an_order_that_is_held_can_be_confirmed_until_its_time_is_over() {
    let mut held = order(false, 1);
    held.state = RewardOrderState::Held;
    held.hold_expires_at = Some(second(10));
    assert_eq!(held.check_held(second(9)), Ok(()));
    let state = RewardOrderState::Lapsed;
    assert_eq!(held.check_held(second(10)), Err(StateForbids { state }));
    assert!(held.is_overdue(second(10)));
    let state = RewardOrderState::Held;
    assert_eq!(
        held.take_back(Part::Rest),
        Err(PartError::State(StateForbids { state }))
    );
}

#[test]
fn pieces_and_money_are_no_measure_for_each_other() {
    assert_eq!(
        order(true, 5).take_back(Part::Pieces(1)),
        Err(PartError::Measure)
    );
    assert_eq!(
        order(false, 5).take_back(Part::Deduction(yuan(1))),
        Err(PartError::Measure)
    );
    let currency = Currency::parse("EUR").unwrap();
    let euro = Part::Deduction(Money { currency, minor: 1 });
    assert_eq!(order(true, 5).take_back(euro), Err(PartError::Measure));
}

#[test]
fn a_quote_is_good_before_its_end_and_not_at_it() {
    let price = order(false, 1).price;
    let quote = Quote::new(Uuid::from_u128(1), 1, price, second(0));
    assert_eq!(quote.check(second(899)), Ok(()));
    let at = second(900);
    assert_eq!(quote.check(at), Err(QuoteError::Expired { at }));
}

#[test]
fn windows_presale_and_gates_decide_who_may_order_when() {
    let gate = |tier: &str| TierGate {
        ladder_id: LadderId::new("status"),
        tier_ids: vec![TierId::new(tier)],
    };
    let mut mug = reward(RewardKind::Goods, 10);
    mug.window = TimeWindow {
        start: Some(second(100)),
        end: Some(second(200)),
    };
    mug.gates = vec![gate("silver"), gate("gold")];
    mug.presale = Some(Presale {
        start: second(50),
        gates: vec![gate("gold")],
    });
    let on = |tier: &str| BTreeMap::from([(LadderId::new("status"), TierId::new(tier))]);
    let obstacles = |tiers: &BTreeMap<LadderId, TierId>, at| {
        let situation = Situation {
            now: second(at),
            tiers,
            is_active: true,
            available: Points::new(10),
            price: Points::new(10),
            quantity: 1,
            stock_left: Some(1),
            limit_left: None,
        };
        offer(&mug, &situation).obstacles
    };
    assert_eq!(obstacles(&on("gold"), 49), [Obstacle::NotStarted]);
    assert_eq!(obstacles(&on("gold"), 50), []);
    assert_eq!(obstacles(&on("silver"), 99), [Obstacle::Tier]);
    assert_eq!(obstacles(&on("silver"), 100), []);
    assert_eq!(obstacles(&BTreeMap::new(), 100), [Obstacle::Tier]);
    assert_eq!(obstacles(&on("gold"), 200), [Obstacle::Ended]);
}

#[test]
fn all_obstacles_are_told_at_once() {
    let situation = Situation {
        now: second(0),
        tiers: &BTreeMap::new(),
        is_active: false,
        available: Points::new(-5),
        price: Points::new(10),
        quantity: 2,
        stock_left: Some(1),
        limit_left: Some(1),
    };
    let offer = offer(&reward(RewardKind::Goods, 5), &situation);
    assert_eq!(
        offer.obstacles,
        [
            Obstacle::OutOfStock,
            Obstacle::Limit,
            Obstacle::Points,
            Obstacle::Membership
        ]
    );
    assert_eq!(offer.points_missing, Points::new(10));
}
