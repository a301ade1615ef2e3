//! Whatever is said, allowed, tagged, bought, joined and parted, in whatever order: each person is what a naive reading of all
//! that happened at their ids gives; and once all links are taken back, everybody is as somebody who never was joined to
//! anybody: the record, consents, tags, attributes, orders with figures, and whether conditions hold.
//!
//! Each of the 100,000 histories is drawn from its number alone: 10 to 16 steps at two to six ids, and then all links are taken
//! back. After a step that says something of somebody who is joined, what it is about is compared; after one that joins or parts,
//! who is who, and one part, in turn, of whom it concerns. Everything is compared of those who are joined in the end and, once
//! parted, of those who ever were: with what was said under the id alone, by a reading that knows of no links. In one history in
//! 50 everything is compared of everybody after each step.

mod compare;
mod conditions;
mod dice;
mod history;
mod naive;
mod records;
mod seen;
mod step;
mod world;

use std::num::NonZero;
use std::thread;

use self::history::History;
pub(crate) use self::records::details;
use self::seen::Seen;

const HISTORIES: u64 = 100_000;
/// To play a single history again before all others: the number that a failure has printed.
const AGAIN: Option<u64> = None;

#[test]
fn people_are_what_was_said_at_their_ids_and_parting_leaves_those_who_never_were_joined() {
    if let Some(number) = AGAIN {
        History::play(number);
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let part = |of: usize| {
        let mine = (0..HISTORIES).skip(of).step_by(threads);
        let played = mine.map(History::play);
        played.fold((0, Seen::default()), |(count, seen), it| {
            (count + 1_u64, seen.and(it))
        })
    };
    let (played, seen) = thread::scope(|scope| {
        let part = &part;
        let parts: Vec<_> = (0..threads)
            .map(|of| scope.spawn(move || part(of)))
            .collect();
        let parts = parts.into_iter().map(|it| it.join().unwrap());
        parts.fold((0, Seen::default()), |(count, seen), it| {
            (count + it.0, seen.and(it.1))
        })
    });
    assert_eq!(played, HISTORIES);
    seen.check();
}
