//! Rules 6, 7 and 8: what was earned is taken back, what was spent is given back, and a purchase that
//! was returned might as well never have been.
//!
//! That it never was is exact for balances as long as what happens in between would have been
//! possible without it. The exceptions:
//! - Other lots lapsed before the return, though without the purchase they would have been spent:
//!   its points were spent in their stead. They have lapsed all the same.
//! - Which lots hold what is left. It is as without the purchase where lots are spent as they came;
//!   where later points overtake (a lower priority, an earlier end), or where points of the purchase
//!   come back after the return (a hold that is released, a spend that is restored), the balance is
//!   the same, but it lies in lots of other ends.
//! - Points of the purchase that were held at the return, and lapse before they are released.

use super::*;

/// What else happens to the member.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Earn(i64),
    Redeem(i64),
    /// Held, and confirmed or released at the end.
    Hold(i64, bool),
    Restore(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1..60_i64).prop_map(Deed::Earn),
        2 => (1..30_i64).prop_map(Deed::Redeem),
        1 => (1..30_i64, any::<bool>()).prop_map(|(points, confirms)| Deed::Hold(points, confirms)),
        1 => (0..=100_i64).prop_map(Deed::Restore),
    ]
}

/// One life with the purchase and one without.
struct Lives {
    with: Member,
    without: Member,
    holds: Vec<bool>,
    refunded: i64,
}

impl Lives {
    fn new() -> Self {
        Self {
            with: Member::new(),
            without: Member::new(),
            holds: Vec::new(),
            refunded: 0,
        }
    }

    fn at(&mut self, now: Timestamp) {
        self.with.at(now);
        self.without.at(now);
    }

    /// Does it in both lives, if it can be done without the purchase.
    fn do_both(&mut self, deed: Deed, terms: impl Fn(Timestamp) -> LotTerms) {
        let now = self.with.world.now;
        match deed {
            Deed::Earn(points) => {
                self.with.earn(points, terms(now));
                self.without.earn(points, terms(now));
            }
            Deed::Redeem(points) => {
                if self.without.redeem(points).is_ok() {
                    self.with.redeem(points).unwrap();
                }
            }
            Deed::Hold(points, confirms) => {
                if self.without.hold(points).is_ok() {
                    self.with.hold(points).unwrap();
                    self.holds.push(confirms);
                }
            }
            Deed::Restore(percent) => self.restore(percent),
        }
    }

    /// Gives back of the first spend.
    fn restore(&mut self, percent: i64) {
        if self.without.world.spends.is_empty() {
            return;
        }
        self.refunded += (100 - self.refunded) * percent / 100;
        let refund = (self.refunded, 100);
        let restored = |member: &mut Member| {
            let policies = member.policies;
            member
                .world
                .restore(0, refund, &policies)
                .map(|told| told[0])
        };
        assert_eq!(restored(&mut self.with), restored(&mut self.without));
    }

    fn resolve_holds(&mut self) {
        for (number, confirms) in std::mem::take(&mut self.holds).into_iter().enumerate() {
            for member in [&mut self.with, &mut self.without] {
                let policies = member.policies;
                let points = member.world.holds[number].1.open().unwrap().get();
                let resolved = if confirms {
                    member.world.confirm(number, points, true, &policies)
                } else {
                    member.world.release(number, &policies)
                };
                resolved.unwrap();
            }
        }
    }
}

/// Deeds before the purchase, between it and each of its returns, and after the last; each return
/// with its percentage of what is left.
type Script = (Vec<Deed>, Vec<(Vec<Deed>, i64)>, Vec<Deed>);

fn script(deed: impl Strategy<Value = Deed> + Clone) -> impl Strategy<Value = Script> {
    let deeds = || prop::collection::vec(deed.clone(), 0..6);
    let returns = prop::collection::vec((deeds(), 0..=100_i64), 0..4);
    (deeds(), returns, deeds())
}

/// Lives through a script; the purchase earns `points` under the given terms, and is wholly returned
/// in the end.
fn live(
    (before, returns, after): Script,
    points: i64,
    own: impl Fn(Timestamp) -> LotTerms,
    others: impl Fn(Timestamp) -> LotTerms + Copy,
) -> Lives {
    let mut lives = Lives::new();
    let mut hours = 0;
    let mut next = |lives: &mut Lives| {
        hours += 1;
        lives.at(hour(hours));
    };
    for deed in before {
        next(&mut lives);
        lives.do_both(deed, others);
    }
    let lot = lives.with.earn(points, own(lives.with.world.now));
    let mut left = points;
    for (deeds, percent) in returns {
        for deed in deeds {
            next(&mut lives);
            lives.do_both(deed, others);
        }
        let taken = left * percent / 100;
        if taken > 0 {
            lives.with.claw_back(lot, taken).unwrap();
        }
        left -= taken;
    }
    next(&mut lives);
    let _ = lives.with.world.expire(0);
    if left > 0 {
        lives.with.claw_back(lot, left).unwrap();
    }
    for deed in after {
        next(&mut lives);
        lives.do_both(deed, others);
    }
    lives.resolve_holds();
    lives
}

fn for_ever(now: Timestamp) -> LotTerms {
    from_now_on(now, None)
}

fn without_holds() -> impl Strategy<Value = Deed> + Clone {
    prop_oneof![
        3 => (1..60_i64).prop_map(Deed::Earn),
        2 => (1..30_i64).prop_map(Deed::Redeem),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_returned_purchase_leaves_balances_and_lots_as_if_it_had_never_been(
        script in script(without_holds()),
        points in 1..80_i64,
        lasts in prop::option::of(1..12_i64),
        is_pending in any::<bool>(),
    ) {
        // Its own points may lapse, or be pending, in the meantime.
        let own = |now: Timestamp| LotTerms {
            active_at: Some(now).filter(|_| !is_pending),
            ..from_now_on(now, lasts.map(|hours| now + jiff::SignedDuration::from_hours(hours)))
        };
        let lives = live(script, points, own, for_ever);
        prop_assert_eq!(lives.with.balances(), lives.without.balances());
        prop_assert_eq!(lives.with.left(), lives.without.left());
        let earned = |member: &Member| member.wallet().figures().lifetime_earned;
        prop_assert_eq!(earned(&lives.with), earned(&lives.without));
        for account in [Account::Issuance, Account::Redemption, Account::Expiry] {
            let account = (WalletId::POINTS, account);
            let stands = |member: &Member| member.world.program.get(&account).copied();
            let (with, without) = (stands(&lives.with), stands(&lives.without));
            prop_assert_eq!(with.unwrap_or_default(), without.unwrap_or_default(), "{:?}", account);
        }
    }

    #[test]
    fn a_returned_purchase_leaves_balances_as_if_it_had_never_been_whatever_the_order_of_lots(
        script in script(deed().boxed()),
        points in 1..80_i64,
        own_priority in -1..2_i16,
    ) {
        // The priority of the others depends on when they are earned.
        let others = |now: Timestamp| LotTerms {
            priority: i16::try_from(now.as_second() / 3_600 % 3).unwrap() - 1,
            ..for_ever(now)
        };
        let own = |now: Timestamp| LotTerms {
            priority: own_priority,
            ..for_ever(now)
        };
        let lives = live(script, points, own, others);
        prop_assert_eq!(lives.with.balances(), lives.without.balances());
    }

    #[test]
    fn refunds_restore_what_was_spent_exactly_however_they_are_cut(
        sizes in sizes(),
        share in 1..=100_i64,
        paid in 1..5_000_i64,
        cuts in prop::collection::vec(0..=100_i64, 0..6),
    ) {
        let (mut member, _) = with_lots(&sizes);
        let before = (member.balances(), member.left());
        let points = (sizes.iter().sum::<i64>() * share / 100).max(1);
        member.redeem(points).unwrap();
        let policies = member.policies;
        let mut refunded = 0;
        for percent in cuts {
            refunded += (paid - refunded) * percent / 100;
            let _ = member.world.restore(0, (refunded, paid), &policies);
            let restored = member.world.spends[0].1.restored.get();
            // Within half a point of its share, whatever came before.
            prop_assert!((2 * (restored * paid - points * refunded)).abs() <= paid);
        }
        let _ = member.world.restore(0, (paid, paid), &policies);
        prop_assert_eq!((member.balances(), member.left()), before);
    }

    #[test]
    fn who_spends_and_returns_gains_no_time(
        sizes in sizes(),
        share in 1..=100_i64,
        waits in 95..110_i64,
    ) {
        let points = (sizes.iter().sum::<i64>() * share / 100).max(1);
        let (mut idle, _) = with_lots(&sizes);
        let (mut cunning, _) = with_lots(&sizes);
        cunning.redeem(points).unwrap();
        let policies = cunning.policies;
        cunning.at(hour(waits)).world.restore(0, (1, 1), &policies).unwrap();
        idle.at(hour(waits));
        let _ = (idle.world.expire(0), cunning.world.expire(0));
        prop_assert_eq!(cunning.balances(), idle.balances());
        prop_assert_eq!(cunning.left(), idle.left());
    }
}

#[test]
fn a_return_takes_pending_points_then_its_own_then_others_then_debt() {
    let mut member = Member::new();
    let other = member.earn(10, for_ever(hour(0)));
    let own = member.earn(30, LotTerms::default());
    assert_eq!(member.claw_back(own, 5), Ok(vec![5, 0, 0, 0]));
    assert_eq!(member.parts(own).pending.get(), 25);

    member.world.activate(0, Which::Of(&[own])).unwrap();
    member.redeem(20).unwrap();
    assert_eq!(
        member.parts(other),
        Parts::default(),
        "the older lot is spent first"
    );
    let third = member.earn(4, for_ever(hour(0)));
    assert_eq!(member.claw_back(own, 25), Ok(vec![15, 4, 6, 0]));
    assert_eq!(member.parts(third), Parts::default());
    assert_eq!(member.balances().debt.get(), -6);

    let later = member.earn(10, for_ever(hour(0)));
    assert_eq!(
        member.parts(later).available.get(),
        4,
        "debt is repaid first"
    );
}

#[test]
fn the_policy_says_how_deep_a_return_may_dig() {
    for (debt, expected) in [
        (DebtPolicy::None, vec![0, 0, 0, 30]),
        (DebtPolicy::ToZero, vec![0, 10, 0, 20]),
        (DebtPolicy::Limit(Points::new(15)), vec![0, 10, 15, 5]),
        (DebtPolicy::Limit(Points::new(-3)), vec![0, 10, 0, 20]),
        (DebtPolicy::Unlimited, vec![0, 10, 20, 0]),
    ] {
        let mut member = Member::new();
        member.policies.debt = debt;
        let own = member.earn(30, for_ever(hour(0)));
        member.redeem(30).unwrap();
        member.earn(10, for_ever(hour(0)));
        assert_eq!(member.claw_back(own, 30), Ok(expected), "{debt:?}");
    }
}

#[test]
fn points_that_lapsed_are_not_taken_a_second_time() {
    let mut member = Member::new();
    let own = member.earn(30, from_now_on(hour(0), Some(hour(10))));
    let other = member.earn(50, for_ever(hour(0)));
    member.redeem(10).unwrap();
    member.at(hour(10)).world.expire(0).unwrap();
    assert_eq!(member.claw_back(own, 30), Ok(vec![20, 10, 0, 0]));
    assert_eq!(member.parts(own), Parts::default());
    assert_eq!(member.parts(other).available.get(), 40);
    let lapsed = member.world.program[&(WalletId::POINTS, Account::Expiry)];
    assert_eq!(lapsed, 0, "what was never issued has not lapsed");
}

#[test]
fn restored_points_may_be_granted_time_but_what_lies_beside_them_is_not() {
    let (mut member, lots) = with_lots(&[30]);
    member.redeem(20).unwrap();
    member.policies.restored_until = Some(hour(150));
    let policies = member.policies;
    member
        .at(hour(99))
        .world
        .restore(0, (1, 2), &policies)
        .unwrap();
    assert_eq!(member.parts(lots[0]).available.get(), 10);
    assert_eq!(member.wallet().spendable(hour(149)).unwrap().get(), 10);
    member
        .at(hour(100))
        .world
        .restore(0, (2, 2), &policies)
        .unwrap();
    assert_eq!(member.wallet().spendable(hour(149)).unwrap().get(), 20);
    assert_eq!(member.world.expire(0), Ok(vec![10]));
}

#[test]
fn a_refund_of_more_than_was_paid_is_refused() {
    let spent = Spent {
        lots: Vec::new(),
        restored: Points::ZERO,
    };
    let member = Member::new();
    for (refunded, paid) in [(2, 1), (-1, 1), (0, 0), (i64::MIN, i64::MAX)] {
        let restoration = Restoration {
            spent: &spent,
            refund: Refund { refunded, paid },
            cause: Cause {
                reference: "test",
                effective_at: hour(0),
            },
        };
        let occasion = Occasion {
            now: hour(0),
            new_id: &|| Uuid::from_u128(9),
        };
        let refused = restore(member.wallet(), restoration, &member.policies, occasion);
        assert_eq!(
            refused.unwrap_err(),
            RestoreError::Refund { refunded, paid }
        );
    }
}
