//! Rule 5: holds.

use super::*;

proptest! {
    #[test]
    fn a_hold_that_is_released_leaves_everything_as_it_was(
        sizes in sizes(),
        share in 1..=100_i64,
    ) {
        let (mut member, _) = with_lots(&sizes);
        let before = (member.balances(), member.left());
        let points = (sizes.iter().sum::<i64>() * share / 100).max(1);
        member.hold(points).unwrap();
        prop_assert_eq!(member.balances().held.get(), points);
        let policies = member.policies;
        member.world.release(0, &policies).unwrap();
        prop_assert_eq!((member.balances(), member.left()), before);
    }

    #[test]
    fn a_hold_that_is_confirmed_in_parts_spends_what_a_redemption_would(
        sizes in sizes(),
        share in 1..=100_i64,
        cuts in prop::collection::vec(1..20_i64, 0..5),
    ) {
        let points = (sizes.iter().sum::<i64>() * share / 100).max(1);
        let (mut redeemed, _) = with_lots(&sizes);
        redeemed.redeem(points).unwrap();

        let (mut held, _) = with_lots(&sizes);
        let policies = held.policies;
        held.hold(points).unwrap();
        let mut left = points;
        for cut in cuts {
            let cut = cut.min(left);
            if cut > 0 {
                held.world.confirm(0, cut, false, &policies).unwrap();
                left -= cut;
            }
        }
        if left > 0 {
            held.world.confirm(0, left, true, &policies).unwrap();
        }
        prop_assert_eq!(held.balances(), redeemed.balances());
        prop_assert_eq!(held.left(), redeemed.left());
        prop_assert_eq!(held.world.holds[0].1.resolution, Some(Resolution::Confirmed));
    }
}

#[test]
fn a_hold_ends_once_and_the_second_attempt_is_told_how() {
    let ends: [fn(&mut Member) -> Outcome; 3] = [
        |member| member.world.confirm(0, 10, true, &Policies::default()),
        |member| member.world.release(0, &Policies::default()),
        |member| {
            let end = hour(1_000_000);
            member.at(end).world.time_out(0, &Policies::default())
        },
    ];
    let hows = [
        Resolution::Confirmed,
        Resolution::Released,
        Resolution::TimedOut,
    ];
    for (end, how) in ends.iter().zip(hows) {
        let mut member = Member::new();
        member.earn(50, from_now_on(hour(0), None));
        member.hold(20).unwrap();
        end(&mut member).unwrap();
        assert_eq!(member.world.holds[0].1.resolution, Some(how));
        let before = member.wallet().clone();
        for again in ends {
            let refusal = again(&mut member).unwrap_err();
            assert_eq!(refusal, Refused::Resolved, "after {how:?}");
        }
        assert_eq!(member.wallet(), &before);
    }
}

#[test]
fn a_hold_whose_time_is_over_is_not_confirmed_though_no_job_came_by() {
    let mut member = Member::new();
    member.earn(50, from_now_on(hour(0), None));
    let policies = member.policies;
    member.world.hold(0, 20, hour(10), &policies).unwrap();
    let early = member.at(hour(9)).world.time_out(0, &policies);
    assert_eq!(early.unwrap_err(), Refused::NotDue);
    let late = member.at(hour(10)).world.confirm(0, 5, false, &policies);
    assert_eq!(late.unwrap_err(), Refused::TimedOut);
    assert_eq!(member.world.time_out(0, &policies), Ok(vec![20, 0]));
}

#[test]
fn held_points_outlive_their_lot_and_lapse_when_they_are_given_back() {
    let (mut member, lots) = with_lots(&[30, 30]);
    member.hold(40).unwrap();
    member.at(hour(100)); // The first lot ends.
    let policies = member.policies;
    assert_eq!(
        member.world.expire(0),
        Err(Refused::Nothing),
        "all of it is held"
    );
    member.world.confirm(0, 10, false, &policies).unwrap();
    assert_eq!(member.world.release(0, &policies), Ok(vec![10, 20]));
    assert_eq!(member.parts(lots[0]).lapsed.get(), 20);
    assert_eq!(member.parts(lots[1]).available.get(), 30);
}

#[test]
fn days_of_mercy_give_held_points_a_later_end_and_nothing_else() {
    let (mut member, lots) = with_lots(&[30, 30]);
    member.hold(10).unwrap();
    member.at(hour(100));
    member.policies.mercy_until = Some(hour(120));
    let policies = member.policies;
    assert_eq!(member.world.release(0, &policies), Ok(vec![10, 0]));
    assert_eq!(
        member.parts(lots[0]).available.get(),
        20,
        "these lapse as they had to"
    );
    let of_first = |lot: &&Lot| lot.origin_id == lots[0] && lot.lot_id != lots[0];
    let spared = member.wallet().lots().iter().find(of_first).unwrap();
    assert_eq!(spared.terms.expires_at, Some(hour(120)));
    assert_eq!(spared.parts.available.get(), 10);
    assert_eq!(member.wallet().spendable(hour(110)).unwrap().get(), 10);
}

#[test]
fn more_than_is_held_is_taken_from_what_is_available_or_refused() {
    let (mut member, lots) = with_lots(&[30, 30]);
    member.hold(20).unwrap();
    let policies = member.policies;
    let before = member.wallet().clone();
    let refused = member.world.confirm(0, 45, false, &policies);
    assert_eq!(refused, Err(Refused::AboveHold { held: 20 }));

    let policies = Policies {
        confirms_above_hold: true,
        ..policies
    };
    let refused = member.world.confirm(0, 61, false, &policies);
    assert_eq!(refused, Err(Refused::Insufficient { available: 40 }));
    assert_eq!(member.wallet(), &before);
    assert_eq!(
        member.world.confirm(0, 45, false, &policies),
        Ok(vec![25, 0, 0])
    );
    assert_eq!(member.parts(lots[1]).available.get(), 15);
    assert_eq!(
        member.world.holds[0].1.resolution,
        Some(Resolution::Confirmed)
    );
}

#[test]
fn what_comes_back_repays_debt_out_of_the_lot_that_would_be_spent_first() {
    let mut member = Member::new();
    let late = member.earn(20, from_now_on(hour(0), Some(hour(200))));
    let soon = member.earn(20, from_now_on(hour(0), Some(hour(100))));
    let returned = member.earn(10, from_now_on(hour(0), Some(hour(50))));
    member.redeem(10).unwrap();
    member.hold(40).unwrap();
    assert_eq!(member.claw_back(returned, 10), Ok(vec![0, 0, 10, 0]));
    let policies = member.policies;
    member.world.release(0, &policies).unwrap();
    assert_eq!(member.parts(soon).available.get(), 10);
    assert_eq!(member.parts(late).available.get(), 20);
}
