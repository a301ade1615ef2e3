//! Random histories: who does what, when.

use proptest::prelude::*;

use super::super::{DebtPolicy, Points, Repayment, SpendingLimits};

/// Wallets of a history. The first two members may bring their points into the pool; the last holds
/// another currency.
pub(super) const WALLETS: usize = 4;
pub(super) const POOL: usize = 2;
pub(super) const MEMBERS: usize = 2;

/// The rules of a wallet, short of what depends on the instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct House {
    pub(super) spending: SpendingLimits,
    pub(super) debt: DebtPolicy,
    pub(super) repayment: Repayment,
    pub(super) confirms_above_hold: bool,
    pub(super) mercy_hours: Option<i64>,
    pub(super) restored_hours: Option<i64>,
    pub(super) allowance: Option<i64>,
}

/// The rules for points that come in: hours from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) priority: i16,
    pub(super) active: Active,
    /// Below 0: lapsed before they came.
    pub(super) lasts: Option<i64>,
    pub(super) cost: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Active {
    Now,
    After(i64),
    OnEvent,
}

/// One step of a history. What it refers to, it counts among what there is by then.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Wait {
        hours: i64,
    },
    Earn {
        wallet: usize,
        points: i64,
        rules: Rules,
        ago: i64,
    },
    ActivateDue {
        wallet: usize,
    },
    ActivateSale {
        sale: usize,
        in_pool: bool,
    },
    Redeem {
        wallet: usize,
        points: i64,
    },
    Hold {
        wallet: usize,
        points: i64,
        hours: i64,
    },
    Confirm {
        hold: usize,
        points: i64,
        is_final: bool,
    },
    Release {
        hold: usize,
    },
    TimeOut {
        hold: usize,
    },
    ClawBack {
        sale: usize,
        percent: i64,
        in_pool: bool,
    },
    Restore {
        spend: usize,
        percent: i64,
    },
    Expire {
        wallet: usize,
    },
    Forfeit {
        wallet: usize,
    },
    Transfer {
        from: usize,
        to: usize,
        points: i64,
    },
    Join {
        member: usize,
    },
    Leave {
        member: usize,
    },
    Merge {
        from: usize,
        to: usize,
    },
    Unmerge {
        merge: usize,
        /// What is due, of what came over.
        percent: i64,
    },
    Credit {
        wallet: usize,
        points: i64,
        rules: Rules,
    },
    Debit {
        wallet: usize,
        points: i64,
    },
    Redate {
        wallet: usize,
        lot: usize,
        lasts: Option<i64>,
    },
}

pub(super) fn house() -> impl Strategy<Value = House> {
    let debt = prop_oneof![
        Just(DebtPolicy::None),
        Just(DebtPolicy::ToZero),
        (0..30_i64).prop_map(|limit| DebtPolicy::Limit(Points::new(limit))),
        Just(DebtPolicy::Unlimited),
    ];
    let spending = prop_oneof![
        3 => Just(SpendingLimits::default()),
        1 => (0..5_i64, 0..4_i64, prop::option::of(5..40_i64)).prop_map(
            |(minimum, step, maximum)| SpendingLimits {
                minimum: Points::new(minimum),
                step: Points::new(step),
                maximum: maximum.map(Points::new),
            }
        ),
    ];
    let repayment = prop_oneof![Just(Repayment::WhenActive), Just(Repayment::AtEarning)];
    let hours = || prop::option::of(0..200_i64);
    let allowance = prop::option::weighted(0.2, -2..20_i64);
    let rules = (spending, debt, repayment, any::<bool>());
    (rules, hours(), hours(), allowance).prop_map(
        |(rules, mercy_hours, restored_hours, allowance)| {
            let (spending, debt, repayment, confirms_above_hold) = rules;
            House {
                spending,
                debt,
                repayment,
                confirms_above_hold,
                mercy_hours,
                restored_hours,
                allowance,
            }
        },
    )
}

fn rules() -> impl Strategy<Value = Rules> {
    let active = prop_oneof![
        4 => Just(Active::Now),
        2 => (0..100_i64).prop_map(Active::After),
        1 => Just(Active::OnEvent),
    ];
    let lasts = prop::option::weighted(0.7, -5..300_i64);
    let cost = prop::option::of(0..1_000_i64);
    (-1..2_i16, active, lasts, cost).prop_map(|(priority, active, lasts, cost)| Rules {
        priority,
        active,
        lasts,
        cost,
    })
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let wallet = || 0..WALLETS;
    let any_index = || 0..1_000_usize;
    let points = || 1..25_i64;
    prop_oneof![
        6 => (1..60_i64).prop_map(|hours| Act::Wait { hours }),
        10 => (wallet(), 0..50_i64, rules(), 0..50_i64)
            .prop_map(|(wallet, points, rules, ago)| Act::Earn { wallet, points, rules, ago }),
        2 => wallet().prop_map(|wallet| Act::ActivateDue { wallet }),
        2 => (any_index(), any::<bool>())
            .prop_map(|(sale, in_pool)| Act::ActivateSale { sale, in_pool }),
        6 => (wallet(), points()).prop_map(|(wallet, points)| Act::Redeem { wallet, points }),
        5 => (wallet(), points(), 0..100_i64)
            .prop_map(|(wallet, points, hours)| Act::Hold { wallet, points, hours }),
        7 => (any_index(), 1..25_i64, any::<bool>())
            .prop_map(|(hold, points, is_final)| Act::Confirm { hold, points, is_final }),
        2 => any_index().prop_map(|hold| Act::Release { hold }),
        3 => any_index().prop_map(|hold| Act::TimeOut { hold }),
        7 => (any_index(), 0..=100_i64, any::<bool>())
            .prop_map(|(sale, percent, in_pool)| Act::ClawBack { sale, percent, in_pool }),
        5 => (any_index(), 0..=100_i64)
            .prop_map(|(spend, percent)| Act::Restore { spend, percent }),
        3 => wallet().prop_map(|wallet| Act::Expire { wallet }),
        1 => wallet().prop_map(|wallet| Act::Forfeit { wallet }),
        3 => (wallet(), wallet(), points())
            .prop_filter("a wallet is not its own recipient", |(from, to, _)| from != to)
            .prop_map(|(from, to, points)| Act::Transfer { from, to, points }),
        1 => (0..MEMBERS).prop_map(|member| Act::Join { member }),
        1 => (0..MEMBERS).prop_map(|member| Act::Leave { member }),
        1 => (0..WALLETS, 0..WALLETS)
            .prop_filter("a wallet does not go into itself", |(from, to)| from != to)
            .prop_map(|(from, to)| Act::Merge { from, to }),
        2 => (any_index(), prop_oneof![2 => Just(100), 1 => 0..200_i64])
            .prop_map(|(merge, percent)| Act::Unmerge { merge, percent }),
        1 => (wallet(), points(), rules())
            .prop_map(|(wallet, points, rules)| Act::Credit { wallet, points, rules }),
        2 => (wallet(), points()).prop_map(|(wallet, points)| Act::Debit { wallet, points }),
        2 => (wallet(), any_index(), prop::option::of(-2..300_i64))
            .prop_map(|(wallet, lot, lasts)| Act::Redate { wallet, lot, lasts }),
    ]
}
