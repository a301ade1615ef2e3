use calendar::RoundUp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::support::{Member, ladder};
use crate::domain::program::{Downgrade, MetricWindow, TierId, TierLadder};
use crate::domain::tiers::{ChangeReason, Gift};

fn gift(tier_id: &str, from: Date, until: Option<Date>) -> Gift {
    Gift {
        gift_id: Uuid::from_u128(7),
        tier_id: TierId::new(tier_id),
        from,
        until,
        withdrawn_on: None,
    }
}

fn reasons(member: &Member) -> Vec<ChangeReason> {
    member.changes.iter().map(|change| change.reason).collect()
}

#[test]
fn a_purchase_lifts_at_once_and_the_term_ends_with_a_month() {
    let mut member = Member::on(ladder());
    member.until(date(2025, 3, 8));
    member.buy(date(2025, 3, 8), 99);
    assert_eq!(member.standing(), "- 2025-01-10 -");
    member.buy(date(2025, 3, 8), 450);
    assert_eq!(member.standing(), "gold 2025-03-08 2026-03-31");
    assert_eq!(reasons(&member), [ChangeReason::Reached]);
    assert_eq!(member.changes[0].metric, 549);
}

#[test]
fn a_review_keeps_or_lowers_by_one_step_each_time() {
    let mut member = Member::on(ladder());
    member.buy(date(2025, 1, 10), 1_200);
    assert_eq!(member.standing(), "diamond 2025-01-10 2026-01-31");
    member.until(date(2025, 12, 1));
    member.buy(date(2025, 12, 1), 300);
    member.until(date(2026, 2, 1));
    // 1,200 left the window on 10 January; 300 keeps gold, and the fall is by one step.
    assert_eq!(member.standing(), "gold 2026-02-01 2027-01-31");
    member.until(date(2027, 2, 1));
    assert_eq!(member.standing(), "silver 2027-02-01 2028-01-31");
    member.until(date(2028, 2, 1));
    assert_eq!(member.standing(), "- 2028-02-01 -");
    let fell = ChangeReason::NotKept;
    assert_eq!(reasons(&member), [ChangeReason::Reached, fell, fell, fell]);
}

#[test]
fn enough_to_keep_gives_the_same_time_again() {
    let mut member = Member::on(ladder());
    member.buy(date(2025, 1, 10), 500);
    member.until(date(2026, 1, 20));
    member.buy(date(2026, 1, 20), 300);
    member.until(date(2026, 2, 1));
    assert_eq!(member.standing(), "gold 2025-01-10 2027-01-31");
    assert_eq!(
        reasons(&member),
        [ChangeReason::Reached, ChangeReason::Kept]
    );
}

#[test]
fn a_full_downgrade_falls_to_what_is_left_and_none_never_falls() {
    for (downgrade, expected) in [
        (Downgrade::Full, "- 2026-02-01 -"),
        (Downgrade::None, "diamond 2025-01-10 -"),
    ] {
        let mut member = Member::on(TierLadder {
            downgrade,
            ..ladder()
        });
        member.buy(date(2025, 1, 10), 1_200);
        member.until(date(2026, 3, 1));
        assert_eq!(member.standing(), expected);
    }
}

#[test]
fn without_a_term_the_metric_is_looked_at_each_day() {
    let mut member = Member::on(TierLadder {
        window: MetricWindow::RollingDays(3),
        validity_months: 0,
        validity_round_up: RoundUp::None,
        downgrade: Downgrade::Full,
        ..ladder()
    });
    member.buy(date(2025, 1, 10), 600);
    member.until(date(2025, 1, 13));
    assert_eq!(member.standing(), "gold 2025-01-10 2025-01-13");
    member.until(date(2025, 1, 14));
    assert_eq!(member.standing(), "- 2025-01-14 -");
}

#[test]
fn a_return_takes_back_what_the_purchase_had_lifted() {
    let mut member = Member::on(ladder());
    member.buy(date(2025, 1, 10), 150);
    member.until(date(2025, 2, 1));
    member.buy(date(2025, 2, 1), 400);
    member.until(date(2025, 2, 20));
    member.bring_back(date(2025, 2, 1), 400);
    assert_eq!(member.standing(), "silver 2025-01-10 2026-01-31");
    assert_eq!(member.changes.last().unwrap().reason, ChangeReason::Revised);
}

#[test]
fn where_a_return_takes_back_no_tier_the_next_review_decides() {
    let mut member = Member::on(TierLadder {
        take_back_on_return: false,
        ..ladder()
    });
    member.buy(date(2025, 2, 1), 600);
    member.until(date(2025, 2, 20));
    member.bring_back(date(2025, 2, 1), 600);
    assert_eq!(member.standing(), "gold 2025-02-01 2026-02-28");
    member.until(date(2026, 3, 1));
    assert_eq!(member.standing(), "silver 2026-03-01 2027-02-28");
}

#[test]
fn an_order_that_comes_late_leads_where_it_would_have_led_in_time() {
    let mut member = Member::on(ladder());
    member.until(date(2025, 4, 1));
    member.buy(date(2025, 4, 1), 80);
    member.until(date(2025, 4, 5));
    member.buy(date(2025, 3, 1), 30);
    assert_eq!(member.standing(), "silver 2025-04-01 2026-04-30");
}

#[test]
fn a_given_tier_counts_beside_the_earned_one() {
    let mut member = Member::on(ladder());
    member.buy(date(2025, 1, 10), 100);
    member.give(gift("diamond", date(2025, 1, 10), Some(date(2025, 6, 30))));
    assert_eq!(member.standing(), "diamond 2025-01-10 2025-06-30");
    member.until(date(2025, 7, 1));
    assert_eq!(member.standing(), "silver 2025-01-10 2026-01-31");
    let (given, ended) = (ChangeReason::Given, ChangeReason::GiftEnded);
    assert_eq!(reasons(&member), [ChangeReason::Reached, given, ended]);
}

#[test]
fn a_given_tier_is_kept_at_its_end_by_whom_deserves_to_keep_it() {
    let mut member = Member::on(ladder());
    member.give(gift("gold", date(2025, 1, 10), Some(date(2025, 6, 30))));
    member.until(date(2025, 5, 1));
    member.buy(date(2025, 5, 1), 300);
    member.until(date(2025, 7, 1));
    assert_eq!(member.standing(), "gold 2025-01-10 2026-06-30");
}

#[test]
fn a_new_version_changes_nothing_that_was_settled_before() {
    let stricter = TierLadder {
        tiers: ladder()
            .tiers
            .into_iter()
            .map(|mut tier| {
                tier.threshold *= 2;
                tier.keep_threshold *= 2;
                tier
            })
            .collect(),
        ..ladder()
    };
    let activated_on = date(2025, 6, 1);
    let mut member = Member::on_all(vec![
        (date(2025, 1, 10), ladder()),
        (activated_on, stricter),
    ]);
    member.buy(date(2025, 1, 10), 500);
    member.until(date(2025, 7, 1));
    member.buy(date(2025, 7, 1), 100);
    assert_eq!(member.standing(), "gold 2025-01-10 2026-01-31");
    // Not even a return of something else does.
    member.bring_back(date(2025, 7, 1), 100);
    assert_eq!(member.standing(), "gold 2025-01-10 2026-01-31");
    member.until(date(2026, 2, 1));
    assert_eq!(member.standing(), "silver 2026-02-01 2027-01-31");
}

#[test]
fn progress_tells_what_is_missing_to_rise_and_to_stay() {
    let mut member = Member::on(ladder());
    member.buy(date(2025, 1, 10), 450);
    member.until(date(2025, 3, 1));
    member.buy(date(2025, 3, 1), 120);
    let progress = member.progress();
    assert_eq!(progress.metric, 570);
    let next = progress.next.unwrap();
    assert_eq!((next.tier_id.as_str(), next.missing), ("diamond", 430));
    let keeping = progress.keeping.unwrap();
    assert_eq!(keeping.reviewed_on, date(2026, 3, 31));
    // Neither purchase counts any more in twelve months and a month's rest.
    assert_eq!((keeping.counting_then, keeping.missing), (0, 300));
}
