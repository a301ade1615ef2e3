use jiff::SignedDuration;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{Begun, MOST_DAYS_BEHIND, Next, days_behind, next};

fn finished(day: Date) -> Begun {
    let is_finished = true;
    Begun { day, is_finished }
}

#[test]
fn a_program_begins_with_yesterday_and_goes_on_day_by_day() {
    let today = date(2026, 3, 8);
    assert_eq!(next(None, today, None), Next::Begin(date(2026, 3, 7)));
    let at = |day| next(Some(finished(day)), today, None);
    assert_eq!(at(date(2026, 3, 5)), Next::Begin(date(2026, 3, 6)));
    assert_eq!(at(date(2026, 3, 7)), Next::Nothing);
    let open = Begun {
        day: date(2026, 3, 5),
        is_finished: false,
    };
    assert_eq!(
        next(Some(open), today, None),
        Next::Continue(date(2026, 3, 5))
    );
    assert_eq!(days_behind(Some(open), today), 3);
}

#[test]
fn a_clock_that_was_set_back_finds_nothing_to_do() {
    assert_eq!(
        next(Some(finished(date(2026, 3, 7))), date(2025, 1, 1), None),
        Next::Nothing
    );
    assert_eq!(
        days_behind(Some(finished(date(2026, 3, 7))), date(2025, 1, 1)),
        0
    );
}

#[test]
fn a_clock_that_jumps_ahead_waits_for_somebody_to_say_that_it_is_right() {
    let last = Some(finished(date(2026, 3, 7)));
    let far = date(2036, 3, 8);
    assert_eq!(next(last, far, None), Next::Ask(date(2026, 3, 8)));
    let approved = Some(date(2026, 3, 8));
    assert_eq!(next(last, far, approved), Next::Begin(date(2026, 3, 8)));
    assert_eq!(
        next(Some(finished(date(2026, 3, 8))), far, approved),
        Next::Ask(date(2026, 3, 9))
    );
}

proptest! {
    #[test]
    fn whatever_the_clock_does_days_are_done_in_order_and_once(
        jumps in prop::collection::vec((-400_i64..400, any::<bool>()), 1..60),
    ) {
        let mut today = date(2026, 3, 8);
        let mut done: Vec<Date> = Vec::new();
        let mut last = None;
        for (jump, stops_halfway) in jumps {
            today += SignedDuration::from_hours(24 * jump);
            while let Next::Begin(day) | Next::Continue(day) = next(last, today, None) {
                prop_assert!(day < today || last.is_some_and(|last: Begun| !last.is_finished));
                if last.is_none_or(|last| last.is_finished) {
                    done.push(day);
                }
                last = Some(Begun { day, is_finished: !stops_halfway });
                if stops_halfway {
                    break;
                }
            }
        }
        for pair in done.windows(2) {
            prop_assert_eq!(pair[0].tomorrow().unwrap(), pair[1]);
        }
        prop_assert!(MOST_DAYS_BEHIND > 7, "a long holiday is caught up on");
    }
}
