//! Rules 2, 3 and 4: lots, the order in which they are spent, and their end. And what is refused.

use super::*;

#[test]
fn what_lapses_soonest_is_spent_first_and_what_has_lapsed_never() {
    let mut member = Member::new();
    let lot = |priority, end: Option<i64>| LotTerms {
        priority,
        ..from_now_on(hour(0), end.map(hour))
    };
    let never = member.earn(10, lot(0, None));
    let late = member.earn(10, lot(0, Some(900)));
    let soon = member.earn(10, lot(0, Some(600)));
    let lapsed = member.earn(10, lot(0, Some(500)));
    let first = member.earn(10, lot(-1, None));
    member.at(hour(500)); // At that very instant it is over.

    let refused = member.redeem(41);
    assert_eq!(
        refused,
        Err(Refused::Insufficient { available: 40 }),
        "no job has come by"
    );
    member.redeem(35).unwrap();
    let spent = &member.world.spends[0].1.lots;
    let order: Vec<(Uuid, i64)> = spent
        .iter()
        .map(|lot| (lot.lot_id, lot.points.get()))
        .collect();
    assert_eq!(order, [(first, 10), (soon, 10), (late, 10), (never, 5)]);
    assert_eq!(member.parts(lapsed).available.get(), 10);
    assert_eq!(member.world.expire(0), Ok(vec![10]));
    assert_eq!(
        member.world.expire(0),
        Err(Refused::Nothing),
        "it lapses once"
    );
}

#[test]
fn a_small_spend_after_a_refused_large_one_succeeds() {
    let (mut member, _) = with_lots(&[20, 20]);
    assert!(member.redeem(41).is_err());
    assert!(member.redeem(40).is_ok());
}

#[test]
fn only_amounts_within_the_limits_are_spent() {
    let (mut member, _) = with_lots(&[100]);
    member.policies.spending = SpendingLimits {
        minimum: Points::new(20),
        step: Points::new(10),
        maximum: Some(Points::new(50)),
    };
    let before = member.wallet().clone();
    for (points, refusal) in [
        (i64::MIN, Refused::BelowMinimum),
        (0, Refused::BelowMinimum),
        (10, Refused::BelowMinimum),
        (25, Refused::NotInSteps),
        (60, Refused::AboveMaximum),
        (i64::MAX, Refused::AboveMaximum),
    ] {
        assert_eq!(member.redeem(points), Err(refusal), "{points}");
        assert_eq!(member.hold(points), Err(refusal), "{points}");
    }
    assert_eq!(member.wallet(), &before);
    assert!(member.redeem(50).is_ok());
}

#[test]
fn who_is_not_active_earns_and_gives_back_but_does_not_spend() {
    let (member, _) = with_lots(&[100]);
    for (state, earns) in [(State::Suspended, true), (State::Closed, false)] {
        let Member { world, policies } = &member;
        let (figures, lots) = (*world.wallets[0].figures(), world.wallets[0].lots().clone());
        let wallet = Wallet::new(WalletId::POINTS, state, figures, lots);
        let occasion = Occasion {
            now: hour(0),
            new_id: &|| Uuid::from_u128(9),
        };
        let cause = Cause {
            reference: "test",
            effective_at: hour(0),
        };
        let points = Points::new(1);
        let refused = redeem(&wallet, Redemption { points, cause }, policies, occasion);
        assert_eq!(refused.unwrap_err(), RedeemError::NotActive);
        let order = Transfer { points, cause };
        let refused = transfer(&wallet, &world.wallets[1], order, policies, occasion);
        assert_eq!(refused.unwrap_err(), RedeemError::NotActive.into());
        let earning = Earning {
            points,
            terms: LotTerms::default(),
            cause,
        };
        assert_eq!(earn(&wallet, earning, policies, occasion).is_ok(), earns);
        let received = transfer(&world.wallets[0], &wallet, order, policies, occasion);
        assert_eq!(received.is_ok(), earns);
    }
}

#[test]
fn a_posting_is_good_for_the_wallet_that_it_was_decided_on_and_once() {
    let (member, _) = with_lots(&[100]);
    let occasion = Occasion {
        now: hour(0),
        new_id: &|| Uuid::from_u128(9),
    };
    let cause = Cause {
        reference: "test",
        effective_at: hour(0),
    };
    let points = Points::new(10);
    let wallet = member.wallet();
    let redeemed = redeem(
        wallet,
        Redemption { points, cause },
        &member.policies,
        occasion,
    );
    let posting = redeemed.unwrap().posting;
    let mut wallet = wallet.clone();
    wallet.apply(&posting).unwrap();
    let after = wallet.clone();
    let stale = LedgerError::Stale {
        wallet_id: WalletId::POINTS,
        decided_after: 2,
        entry_count: 4,
    };
    assert_eq!(wallet.apply(&posting), Err(stale));
    assert_eq!(wallet, after);

    let mut unloaded = Wallet::new(
        WalletId::POINTS,
        State::Active,
        *member.wallet().figures(),
        Lots::default(),
    );
    let refused = unloaded.apply(&posting);
    assert!(matches!(refused, Err(LedgerError::UnknownLot { .. })));
    assert_eq!(unloaded.figures(), member.wallet().figures());
}

#[test]
fn amounts_beyond_what_64_bits_count_are_refused_and_change_nothing() {
    let mut member = Member::new();
    member.earn(i64::MAX - 5, from_now_on(hour(0), None));
    let before = member.wallet().clone();
    let earning = |points| Earning {
        points: Points::new(points),
        terms: from_now_on(hour(0), None),
        cause: Cause {
            reference: "test",
            effective_at: hour(0),
        },
    };
    let occasion = Occasion {
        now: hour(0),
        new_id: &|| Uuid::from_u128(9),
    };
    let refused = earn(&before, earning(6), &member.policies, occasion);
    assert_eq!(refused.unwrap_err(), LedgerError::Overflow.into());
    let amount = Points::new(-1);
    let refused = earn(&before, earning(-1), &member.policies, occasion);
    assert_eq!(
        refused.unwrap_err(),
        LedgerError::Negative { amount }.into()
    );
    assert!(earn(&before, earning(5), &member.policies, occasion).is_ok());

    member.redeem(i64::MAX - 5).unwrap();
    let all = member.wallet().lots().iter().next().unwrap().lot_id;
    member.claw_back(all, i64::MAX - 5).unwrap();
    assert_eq!(member.balances().debt.get(), 5 - i64::MAX);
    let policies = member.policies;
    let claw = member.world.restore(0, (i64::MAX, i64::MAX), &policies);
    assert_eq!(claw, Ok(vec![i64::MAX - 5, 0, i64::MAX - 5]));
    assert_eq!(member.balances(), Balances::default());
}

proptest! {
    #[test]
    fn points_sent_to_and_fro_keep_their_end_and_their_order(
        sizes in sizes(),
        share in 1..=100_i64,
    ) {
        let (mut member, _) = with_lots(&sizes);
        let before = member.left();
        let points = (sizes.iter().sum::<i64>() * share / 100).max(1);
        let policies = member.policies;
        member.world.transfer((0, 1), points, &policies).unwrap();
        member.world.transfer((1, 0), points, &policies).unwrap();
        prop_assert_eq!(by_end(&member.left()), by_end(&before));
    }

    #[test]
    fn who_joins_a_pool_and_leaves_it_has_what_it_had(sizes in sizes(), pending in 0..20_i64) {
        let (mut member, _) = with_lots(&sizes);
        if pending > 0 {
            member.earn(pending, LotTerms::default());
        }
        let (balances, left) = (member.balances(), member.left());
        let me = Uuid::from_u128(7);
        member.world.join(0, 1, me).unwrap();
        prop_assert_eq!(member.balances(), Balances::default());
        prop_assert_eq!(*member.world.wallets[1].balances(), balances);
        member.world.leave(1, 0, me).unwrap();
        prop_assert_eq!(member.balances(), balances);
        prop_assert_eq!(member.left(), left);
        prop_assert_eq!(*member.world.wallets[1].balances(), Balances::default());
    }
}

/// Available points by their end: lots of one end may have come together or apart.
fn by_end(left: &[(Option<Timestamp>, Parts)]) -> Vec<(Option<Timestamp>, i64)> {
    let mut ends: Vec<(Option<Timestamp>, i64)> = Vec::new();
    for (end, parts) in left {
        match ends.last_mut() {
            Some((last, points)) if last == end => *points += parts.available.get(),
            _ => ends.push((*end, parts.available.get())),
        }
    }
    ends
}

#[test]
fn who_owes_repays_before_joining_a_pool() {
    let (mut member, lots) = with_lots(&[10]);
    member.redeem(10).unwrap();
    member.claw_back(lots[0], 10).unwrap();
    let me = Uuid::from_u128(7);
    assert_eq!(
        member.world.join(0, 1, me),
        Err(Refused::InDebt { owed: 10 })
    );
}

#[test]
fn held_points_stay_in_the_pool_until_they_are_free() {
    let (mut member, _) = with_lots(&[30]);
    let me = Uuid::from_u128(7);
    let policies = member.policies;
    member.world.join(0, 1, me).unwrap();
    member.world.hold(1, 10, hour(50), &policies).unwrap();
    assert_eq!(member.world.leave(1, 0, me), Ok(vec![10, 0]));
    assert_eq!(member.balances().available.get(), 20);
    member.world.release(0, &policies).unwrap();
    assert_eq!(member.world.leave(1, 0, me), Ok(vec![0, 0]));
    assert_eq!(member.balances().available.get(), 30);
    assert_eq!(
        member.world.leave(1, 0, me),
        Ok(vec![0, 0]),
        "there is no more"
    );
}

#[test]
fn points_that_get_another_end_keep_all_else_and_what_has_lapsed_stays_so() {
    let mut member = Member::new();
    let terms = LotTerms {
        priority: 3,
        cost_basis: Some(100),
        funding_partner: Some("partner".to_owned()),
        ..from_now_on(hour(0), Some(hour(100)))
    };
    let lot = member.earn(40, terms.clone());
    member.redeem(10).unwrap();
    member.hold(5).unwrap();
    assert_eq!(
        member.world.redate(0, lot, Some(hour(0))),
        Err(Refused::InThePast)
    );
    assert_eq!(
        member.world.redate(0, lot, Some(hour(100))),
        Err(Refused::Nothing)
    );
    assert_eq!(member.world.redate(0, lot, Some(hour(200))), Ok(vec![25]));
    let moved = member
        .wallet()
        .lots()
        .iter()
        .find(|other| other.lot_id != lot);
    let moved = moved.unwrap();
    assert_eq!((moved.origin_id, moved.original.get()), (lot, 25));
    let expected = LotTerms {
        expires_at: Some(hour(200)),
        cost_basis: Some(62), // 25 of 40 points that cost 100
        ..terms
    };
    assert_eq!(moved.terms, expected);
    assert_eq!(member.parts(lot).held.get(), 5, "its hold knows its lot");
    member.at(hour(100));
    assert_eq!(member.world.redate(0, lot, None), Err(Refused::LotOver));
}
