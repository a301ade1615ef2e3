//! Drawing the winners of all tickets together.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;

use super::{Digest, DrawRules, Seed, Tally, Transcript, uniform};

/// The winning numbers, each with the place of its prize. Prizes go in the order of the rules, piece
/// by piece; each piece takes one ticket of those that have not won yet (the beginning of a
/// Fisher-Yates shuffle, of which only the exchanged places are kept).
pub fn winners(
    rules: &DrawRules,
    seed: &Seed,
    root: &Digest,
    tickets: i64,
) -> BTreeMap<i64, usize> {
    let mut moved: HashMap<u64, u64> = HashMap::new();
    let mut winners = BTreeMap::new();
    let tickets = u64::try_from(tickets).unwrap_or_default();
    for (turn, place) in (0_u64..).zip(pieces(rules)) {
        let Some(left) = tickets.checked_sub(turn).and_then(NonZeroU64::new) else {
            break;
        };
        let message = Transcript::of("patron draw winner 1")
            .digest(root)
            .bytes(&turn.to_be_bytes())
            .finish();
        let taken = turn + uniform(seed, &message, left);
        let winner = moved.get(&taken).copied().unwrap_or(taken);
        let first = moved.remove(&turn).unwrap_or(turn);
        moved.insert(taken, first);
        // Tickets are numbered from 1.
        winners.insert(i64::try_from(winner).unwrap_or_default() + 1, place);
    }
    winners
}

/// The place of the prize of each piece that stock and budget allow.
fn pieces(rules: &DrawRules) -> impl Iterator<Item = usize> {
    let mut tally = Tally::none(rules);
    (0..rules.prizes.len()).flat_map(move |place| {
        let pieces = usize::try_from(tally.left(rules, place)).unwrap_or_default();
        for _ in 0..pieces {
            tally.count(rules, place);
        }
        std::iter::repeat_n(place, pieces)
    })
}
