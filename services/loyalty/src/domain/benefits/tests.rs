use std::collections::BTreeMap;

use calendar::Period;
use jiff::civil::date;
use proptest::prelude::*;

use super::{Obstacle, Situation, UseKind, entitlement};
use crate::domain::program::{Benefit, BenefitId, BenefitKind, LadderId, Limit, TierGate, TierId};
use crate::domain::stock::Stock;

/// Free delivery for gold, so many times a month.
fn free_delivery(times: Option<u32>) -> Benefit {
    Benefit {
        benefit_id: BenefitId::new("free-delivery"),
        display_name: "Free delivery".to_owned(),
        kind: BenefitKind::FreeDelivery,
        gates: vec![TierGate {
            ladder_id: LadderId::new("status"),
            tier_ids: vec![TierId::new("gold")],
        }],
        quota: times.map(|times| Limit {
            times,
            period: Period::Month,
        }),
        stock: None,
    }
}

fn standing(tier_id: &str) -> BTreeMap<LadderId, TierId> {
    BTreeMap::from([(LadderId::new("status"), TierId::new(tier_id))])
}

fn situation(tiers: &BTreeMap<LadderId, TierId>) -> Situation<'_> {
    Situation {
        today: date(2026, 3, 8),
        tiers,
        is_active: true,
        used: 0,
        extra_given: 0,
        extra_used: 0,
        stock: Stock::default(),
    }
}

#[test]
fn a_tier_has_its_quota_and_then_what_was_given_on_top() {
    let gold = standing("gold");
    let with = |used, extra_used| Situation {
        used,
        extra_given: 1,
        extra_used,
        ..situation(&gold)
    };
    let benefit = free_delivery(Some(2));
    let fresh = entitlement(&benefit, &with(0, 0));
    assert_eq!(
        (fresh.next_use, fresh.uses_left),
        (Some(UseKind::Quota), Some(3))
    );
    let beyond = entitlement(&benefit, &with(2, 0));
    assert_eq!(
        (beyond.next_use, beyond.uses_left),
        (Some(UseKind::Extra), Some(1))
    );
    let over = entitlement(&benefit, &with(2, 1));
    assert_eq!(
        (over.next_use, over.obstacles),
        (None, vec![Obstacle::Quota])
    );
}

#[test]
fn what_was_given_entitles_whatever_the_tier() {
    let silver = standing("silver");
    let none = entitlement(&free_delivery(None), &situation(&silver));
    assert_eq!(none.obstacles, [Obstacle::Tier]);
    let given = Situation {
        extra_given: 2,
        ..situation(&silver)
    };
    let given = entitlement(&free_delivery(None), &given);
    assert_eq!(
        (given.next_use, given.uses_left),
        (Some(UseKind::Extra), Some(2))
    );
}

#[test]
fn a_stock_that_is_used_up_and_a_suspended_membership_stop_everybody() {
    let gold = standing("gold");
    let stopped = Situation {
        is_active: false,
        stock: Stock {
            planned: Some(5),
            adjusted: 0,
            taken: 5,
        },
        ..situation(&gold)
    };
    let stopped = entitlement(&free_delivery(None), &stopped);
    assert_eq!(stopped.obstacles, [Obstacle::Stock, Obstacle::Membership]);
}

#[test]
fn a_quota_begins_anew_with_its_period() {
    let benefit = free_delivery(Some(1));
    assert_eq!(benefit.period(date(2026, 3, 31)).to_string(), "2026-03");
    assert_eq!(benefit.period(date(2026, 4, 1)).to_string(), "2026-04");
    assert_eq!(
        free_delivery(None).period(date(2026, 4, 1)).to_string(),
        "lifetime"
    );
}

proptest! {
    #[test]
    fn exactly_as_many_uses_are_had_as_are_left(
        times in prop::option::of(0_u32..5), extra_given in 0_i64..4, is_gold in any::<bool>(),
    ) {
        let tiers = standing(if is_gold { "gold" } else { "silver" });
        let benefit = free_delivery(times);
        let mut now = Situation { extra_given, ..situation(&tiers) };
        let promised = entitlement(&benefit, &now).uses_left;
        let mut had = 0;
        while let Some(kind) = entitlement(&benefit, &now).next_use.filter(|_| had < 20) {
            match kind {
                UseKind::Quota => now.used += 1,
                UseKind::Extra => now.extra_used += 1,
            }
            had += 1;
        }
        prop_assert_eq!(had, promised.unwrap_or(20));
    }
}
