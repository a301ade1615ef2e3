use calendar::{RoundUp, Unit};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use proptest::prelude::*;
use uuid::Uuid;

use super::model;
use super::support::{JOINED_ON, Member, ladder};
use crate::domain::program::{Downgrade, MetricWindow, TierId, TierLadder};
use crate::domain::tiers::Gift;

/// Something that a member does, or that is done.
#[derive(Clone, Debug)]
enum Deed {
    Buy {
        days_ago: i32,
        amount: i64,
    },
    /// Brings back so much of the so-manieth purchase.
    BringBack {
        purchase: usize,
        percent: i64,
    },
    Give {
        tier: usize,
        days: Option<i32>,
    },
    Withdraw,
    Wait {
        days: i32,
    },
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => (0..3_i32, 1..700_i64).prop_map(|(days_ago, amount)| Deed::Buy { days_ago, amount }),
        2 => (3..200_i32, 1..700_i64).prop_map(|(days_ago, amount)| Deed::Buy { days_ago, amount }),
        3 => (any::<prop::sample::Index>(), prop::sample::select(vec![30, 70, 100]))
            .prop_map(|(index, percent)| Deed::BringBack { purchase: index.index(1_000), percent }),
        1 => (0..3_usize, prop::option::of(0..200_i32))
            .prop_map(|(tier, days)| Deed::Give { tier, days }),
        1 => Just(Deed::Withdraw),
        5 => (0..90_i32).prop_map(|days| Deed::Wait { days }),
    ]
}

fn any_ladder() -> impl Strategy<Value = TierLadder> {
    let window = prop_oneof![
        (1..200_u16).prop_map(MetricWindow::RollingDays),
        (1..18_u16).prop_map(MetricWindow::RollingMonths),
        prop::sample::select(vec![Unit::Month, Unit::Quarter, Unit::Year])
            .prop_map(MetricWindow::Calendar),
        Just(MetricWindow::Anniversary),
        Just(MetricWindow::Lifetime),
    ];
    let downgrade =
        prop::sample::select(vec![Downgrade::None, Downgrade::OneStep, Downgrade::Full]);
    let round_up = prop::sample::select(vec![RoundUp::None, RoundUp::Month, RoundUp::Quarter]);
    (window, downgrade, 0..14_u16, round_up, any::<bool>()).prop_map(
        |(window, downgrade, validity_months, validity_round_up, take_back_on_return)| TierLadder {
            window,
            downgrade,
            validity_months,
            validity_round_up,
            take_back_on_return,
            ..ladder()
        },
    )
}

fn days(days: i32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

/// What is left of each purchase.
type Basket = Vec<(Date, i64)>;

fn perform(member: &mut Member, basket: &mut Basket, deed: &Deed) {
    match deed {
        Deed::Buy { days_ago, amount } => {
            let day = member.today - days(*days_ago);
            basket.push((day, *amount));
            member.buy(day, *amount);
        }
        Deed::BringBack { purchase, percent } => {
            let count = basket.len();
            let Some((day, left)) = basket.get_mut(purchase % count.max(1)) else {
                return;
            };
            let amount = *left * percent / 100;
            *left -= amount;
            if amount > 0 {
                member.bring_back(*day, amount);
            }
        }
        Deed::Give { tier, days: term } => {
            let tier_id = ["silver", "gold", "diamond"][*tier];
            let from = member.today;
            member.give(Gift {
                gift_id: Uuid::from_u128(member.gifts.len() as u128),
                tier_id: TierId::new(tier_id),
                from,
                until: term.map(|term| from + days(term)),
                withdrawn_on: None,
            });
        }
        Deed::Withdraw => {
            if let Some(mut gift) = member.gifts.pop() {
                gift.withdrawn_on.get_or_insert(member.today);
                member.give(gift);
            }
        }
        Deed::Wait { days: wait } => member.until(member.today + days(*wait)),
    }
}

fn history() -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec(any_deed(), 1..25)
}

proptest! {
    #[test]
    fn a_standing_is_that_of_the_naive_model_after_each_deed(
        ladder in any_ladder(), deeds in history(),
    ) {
        let mut member = Member::on(ladder);
        let mut basket = Basket::new();
        for deed in &deeds {
            perform(&mut member, &mut basket, deed);
            prop_assert_eq!(member.standing(), model::standing(&member), "after {:?}", deed);
        }
    }

    #[test]
    fn it_is_that_of_the_naive_model_over_changes_of_version(
        one in any_ladder(), other in any_ladder(), after in 1..400_i32, deeds in history(),
    ) {
        let activated_on = JOINED_ON + days(after);
        let mut member = Member::on_all(vec![(JOINED_ON, one), (activated_on, other)]);
        let mut basket = Basket::new();
        for deed in &deeds {
            perform(&mut member, &mut basket, deed);
            prop_assert_eq!(member.standing(), model::standing(&member), "after {:?}", deed);
        }
    }

    #[test]
    fn a_purchase_that_is_wholly_returned_was_never_made(
        ladder in any_ladder(), deeds in history(), later in history(),
        days_ago in 0..100_i32, amount in 1..2_000_i64, part in 1..99_i64,
    ) {
        let ladder = TierLadder { take_back_on_return: true, ..ladder };
        let mut without = Member::on(ladder);
        let mut basket = Basket::new();
        for deed in &deeds {
            perform(&mut without, &mut basket, deed);
        }
        let mut with = without.clone();
        let bought_on = with.today - days(days_ago);
        with.buy(bought_on, amount);
        let mut basket_with = basket.clone();
        for deed in &later {
            perform(&mut with, &mut basket_with, deed);
            perform(&mut without, &mut basket, deed);
        }
        let first = amount * part / 100;
        with.bring_back(bought_on, first);
        with.bring_back(bought_on, amount - first);
        prop_assert_eq!(with.standing(), without.standing());
    }

    #[test]
    fn facts_lead_to_the_same_standing_in_whatever_order_they_come(
        ladder in any_ladder(), deeds in history(), wait in 0..500_i32,
    ) {
        let mut member = Member::on(ladder.clone());
        let mut basket = Basket::new();
        for deed in &deeds {
            perform(&mut member, &mut basket, deed);
        }
        member.until(member.today + wait.days());
        let mut backwards = Member::on(ladder);
        backwards.today = member.today;
        for gift in &member.gifts {
            backwards.give(gift.clone());
        }
        for addition in member.additions.iter().rev() {
            backwards.learn(addition.clone());
        }
        prop_assert_eq!(backwards.standing(), member.standing());
    }

    #[test]
    fn each_change_goes_on_from_the_one_before(ladder in any_ladder(), deeds in history()) {
        let mut member = Member::on(ladder);
        let mut basket = Basket::new();
        for deed in &deeds {
            perform(&mut member, &mut basket, deed);
        }
        for pair in member.changes.windows(2) {
            prop_assert_eq!(&pair[0].to, &pair[1].from);
        }
        if let (Some(last), Some(record)) = (member.changes.last(), &member.record) {
            prop_assert_eq!(&last.to, &record.shown);
        }
    }
}
