use calendar::Zone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{Account, Kind, Points};

fn utc() -> Zone {
    Zone::parse("Etc/UTC").unwrap()
}

fn at(day: i64) -> Timestamp {
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(24 * day)
}

fn lot_id(number: u128) -> Uuid {
    Uuid::from_u128(number + 1)
}

fn entry(lot: u128, amount: i64) -> EntryFacts {
    EntryFacts {
        account: Account::Available,
        amount: Points::new(amount),
        lot_id: Some(lot_id(lot)),
    }
}

fn debt(amount: i64) -> EntryFacts {
    EntryFacts {
        account: Account::Debt,
        amount: Points::new(amount),
        lot_id: None,
    }
}

fn lot(number: u128, earned: i64, original: i64, remaining: i64) -> LotFacts {
    LotFacts {
        lot_id: lot_id(number),
        earned_at: at(earned),
        funding_partner: None,
        original: Points::new(original),
        cost_basis: Some(original / 2),
        remaining: Points::new(remaining),
    }
}

fn book(start: Option<i64>, end: i64) -> Book {
    let period = Period {
        start: start.map(at),
        end: at(end),
    };
    Book::new(utc(), period, 1000)
}

#[test]
fn a_period_opens_with_what_came_before_and_leaves_out_what_comes_after() {
    let mut book = book(Some(31), 60);
    let lots = [lot(0, 5, 100, 25), lot(1, 40, 50, 50)];
    let mut holder = book.holder(Uuid::nil(), lots).unwrap();
    holder
        .operation(Kind::Earn, at(5), [entry(0, 100)])
        .unwrap();
    holder
        .operation(Kind::Redeem, at(35), [entry(0, -60)])
        .unwrap();
    holder
        .operation(Kind::Restore, at(36), [entry(0, 5)])
        .unwrap();
    holder
        .operation(Kind::Earn, at(40), [entry(1, 50)])
        .unwrap();
    holder
        .operation(Kind::Expire, at(70), [entry(0, -20)])
        .unwrap();
    holder.close(Points::ZERO).unwrap();
    let report = book.close().unwrap();

    assert_eq!(report.difference, None);
    let [january, february] = &report.lines[..] else {
        panic!("{report:?}")
    };
    let sums = |line: &Line| {
        let moved = line.movements;
        [
            moved.opening,
            moved.issued,
            moved.redeemed,
            moved.restored,
            moved.expired,
            moved.closing,
        ]
        .map(Points::get)
    };
    assert_eq!(sums(january), [100, 0, -60, 5, 0, 45]);
    assert_eq!(sums(february), [0, 50, 0, 0, 0, 50]);
    // 45 of 100 that cost 50.
    assert_eq!(january.closing_cost_minor, 22);
    assert_eq!(report.total.closing.get(), 95);
}

#[test]
fn debt_stands_beside_the_cohorts_and_is_repaid_out_of_them() {
    let mut book = book(None, 100);
    let mut holder = book
        .holder(Uuid::nil(), [lot(0, 1, 100, 0), lot(1, 9, 30, 10)])
        .unwrap();
    holder
        .operation(Kind::Earn, at(1), [entry(0, 100)])
        .unwrap();
    holder
        .operation(Kind::Redeem, at(2), [entry(0, -100)])
        .unwrap();
    holder
        .operation(Kind::ClawBack, at(3), [debt(-20)])
        .unwrap();
    holder.operation(Kind::Earn, at(9), [entry(1, 30)]).unwrap();
    holder
        .operation(Kind::RepayDebt, at(9), [entry(1, -20), debt(20)])
        .unwrap();
    holder.close(Points::ZERO).unwrap();
    let report = book.close().unwrap();
    assert_eq!(report.difference, None);
    assert_eq!(report.debt.closing, Points::ZERO);
    assert_eq!(report.total.debt_repaid, Points::ZERO);
    assert_eq!(report.total.clawed_back.get(), -20);
    assert_eq!(report.total.closing.get(), 10);
}

#[test]
fn whatever_does_not_agree_with_the_entries_is_named() {
    let fold = |recorded: i64, owed: i64, moved: u128| {
        let mut book = book(None, 100);
        let mut holder = book
            .holder(Uuid::nil(), [lot(0, 1, 100, recorded)])
            .unwrap();
        holder
            .operation(Kind::Earn, at(1), [entry(moved, 100)])
            .unwrap();
        holder.close(Points::new(owed)).unwrap();
        book.close().unwrap().difference
    };
    assert_eq!(fold(100, 0, 0), None);
    assert!(matches!(fold(99, 0, 0), Some(Difference::Lot { .. })));
    assert!(matches!(fold(100, -1, 0), Some(Difference::Debt { .. })));
    assert!(matches!(fold(100, 0, 7), Some(Difference::NoLot { .. })));
}

#[test]
fn more_cohorts_than_a_report_holds_are_refused() {
    let period = Period {
        start: None,
        end: at(100),
    };
    let mut book = Book::new(utc(), period, 1);
    let refused = book.holder(Uuid::nil(), [lot(0, 1, 1, 1), lot(1, 40, 1, 1)]);
    assert_eq!(
        refused.err(),
        Some(LiabilityError::TooManyCohorts { most: 1 })
    );
}

/// An act of a random history: which lot, of what kind, how many points, when.
#[derive(Clone, Debug)]
struct Act {
    lot: u128,
    kind: Kind,
    share: i64,
    day: i64,
}

fn act() -> impl Strategy<Value = Act> {
    let kinds = [
        Kind::Redeem,
        Kind::Restore,
        Kind::Expire,
        Kind::ClawBack,
        Kind::Adjust,
        Kind::Transfer,
    ];
    (
        0..6_u128,
        prop::sample::select(kinds.to_vec()),
        1..50_i64,
        0..700_i64,
    )
        .prop_map(|(lot, kind, share, day)| Act {
            lot,
            kind,
            share,
            day,
        })
}

proptest! {
    /// Opening + movements = closing, for each cohort and all together; the closing of one period is
    /// the opening of the next; and at the end it is what is recorded.
    #[test]
    fn what_is_opened_and_moved_is_what_is_closed(
        earned in prop::collection::vec(0..500_i64, 6),
        acts in prop::collection::vec(act(), 0..60),
        cuts in (0..350_i64, 350..800_i64),
    ) {
        let mut left = [1000_i64; 6];
        let mut history: Vec<(i64, Kind, EntryFacts)> = earned.iter().zip(0..)
            .map(|(day, lot)| (*day, Kind::Earn, entry(lot, 1000))).collect();
        for Act { lot, kind, share, day } in acts {
            let place = usize::try_from(lot).unwrap();
            let amount = match kind {
                Kind::Restore => share,
                _ => -share.min(left[place]),
            };
            left[place] += amount;
            history.push((day.max(earned[place]), kind, entry(lot, amount)));
        }
        let fold = |start: Option<i64>, end: i64| {
            let mut book = book(start, end);
            let lots = earned.iter().zip(left).zip(0..)
                .map(|((day, left), number)| lot(number, *day, 1000, left));
            let mut holder = book.holder(Uuid::nil(), lots).unwrap();
            for (day, kind, entry) in &history {
                holder.operation(*kind, at(*day), [*entry]).unwrap();
            }
            holder.close(Points::ZERO).unwrap();
            book.close().unwrap()
        };
        let (first, second, last) =
            (fold(None, cuts.0), fold(Some(cuts.0), cuts.1), fold(Some(cuts.1), 1000));
        for report in [&first, &second, &last] {
            prop_assert_eq!(&report.difference, &None);
            prop_assert_eq!(report.total.added_up().unwrap(), report.total.closing);
            for line in &report.lines {
                prop_assert_eq!(line.movements.added_up().unwrap(), line.movements.closing);
            }
        }
        prop_assert_eq!(first.total.closing, second.total.opening);
        prop_assert_eq!(second.total.closing, last.total.opening);
        prop_assert_eq!(last.total.closing.get(), left.iter().sum::<i64>());
    }

    /// Whatever the flows are, an estimate lies within what is outstanding and within its interval.
    #[test]
    fn an_estimate_lies_within_what_is_outstanding(
        cohorts in prop::collection::vec(prop::collection::vec((0..100_i64, 0..100_i64), 1..14), 1..14)
    ) {
        let mut flows = Flows::default();
        let first = Month::of(at(0), &utc());
        for (offset, months) in cohorts.iter().enumerate() {
            let cohort = first.plus(i32::try_from(offset).unwrap());
            flows.post(cohort, cohort, Movement::Issued, Points::new(3000)).unwrap();
            for (age, (redeemed, expired)) in months.iter().enumerate() {
                let month = cohort.plus(i32::try_from(age).unwrap());
                flows.post(cohort, month, Movement::Redeemed, Points::new(-redeemed)).unwrap();
                flows.post(cohort, month, Movement::Expired, Points::new(-expired)).unwrap();
            }
        }
        let end = first.plus(14);
        let estimate = estimate(&flows, end).unwrap();
        let Interval { expected, lower, upper } = estimate.breakage;
        prop_assert!(Points::ZERO <= lower && lower <= expected && expected <= upper);
        prop_assert!(upper <= estimate.outstanding);
        for test in back_tests(&flows, end).unwrap() {
            prop_assert!(test.redeemed.upper <= test.outstanding);
        }
    }
}

/// Cohorts of 10,000 points: each month a tenth of what is left is spent, after a year the rest
/// lapses.
fn steady(cohorts: i32, months: i32) -> (Flows, Month) {
    let first = Month::of(at(0), &utc());
    let mut flows = Flows::default();
    for offset in 0..cohorts {
        let cohort = first.plus(offset);
        let mut left = 10_000_i64;
        flows
            .post(cohort, cohort, Movement::Issued, Points::new(left))
            .unwrap();
        for age in 0..=12.min(months - offset - 1) {
            let (movement, out) = match age {
                12 => (Movement::Expired, left),
                _ => (Movement::Redeemed, left / 10),
            };
            left -= out;
            flows
                .post(cohort, cohort.plus(age), movement, Points::new(-out))
                .unwrap();
        }
    }
    (flows, first.plus(months))
}

#[test]
fn a_steady_program_is_estimated_as_it_goes_on() {
    let (flows, end) = steady(36, 36);
    let estimate = estimate(&flows, end).unwrap();
    assert_eq!(estimate.without_evidence, Points::ZERO);
    // What is left of each living cohort at the age of a year: 0.9^12 of 10,000, twelve of them.
    let lapsing = 12 * 2_825;
    let expected = estimate.breakage.expected.get();
    assert!(
        (expected - lapsing).abs() < 60,
        "{expected} instead of {lapsing}"
    );
    let tests = back_tests(&flows, end).unwrap();
    assert!(tests.len() > 20, "{} tests", tests.len());
    for test in tests {
        let missed = (test.redeemed.expected.get() - test.actual.get()).abs();
        assert!(missed * 100 <= test.outstanding.get(), "{test:?}");
    }
}

#[test]
fn what_no_cohort_has_been_through_is_kept_as_a_liability() {
    let (flows, end) = steady(5, 5);
    let estimate = estimate(&flows, end).unwrap();
    assert_eq!(estimate.breakage.expected, Points::ZERO);
    assert!(estimate.without_evidence.is_positive());
    assert!(estimate.breakage.upper <= estimate.outstanding);
}
