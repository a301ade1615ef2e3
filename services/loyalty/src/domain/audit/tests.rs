use proptest::prelude::*;

use super::*;
use crate::domain::Operation;
use crate::domain::testing::{Story, audit, day};

/// A member with everything: two sales, a redemption over both lots, a return into debt, a debt
/// repaid, a partial return.
fn story() -> Story {
    let mut story = Story::new();
    story.buy("o-1", day(1), 10_000);
    story.buy("o-2", day(2), 5_000);
    assert!(story.spend(120));
    story.give_back("r-1", "o-1", 10_000, true);
    story.buy("o-3", day(3), 20_000);
    story.give_back("r-2", "o-3", 3_333, false);
    story
}

/// Each number that is recorded outside of the entries.
fn numbers(recorded: &mut Recorded) -> Vec<&mut i64> {
    fn inside(points: &mut Points) -> &mut i64 {
        points.as_mut()
    }
    let wallet = &mut recorded.wallet;
    let balances = &mut wallet.balances;
    let mut numbers = vec![
        inside(&mut balances.available),
        inside(&mut balances.pending),
        inside(&mut balances.held),
        inside(&mut balances.debt),
        inside(&mut wallet.lifetime_earned),
        &mut wallet.entry_count,
    ];
    for lot in wallet.lots.values_mut() {
        let parts = [
            &mut lot.original,
            &mut lot.available,
            &mut lot.pending,
            &mut lot.held,
        ];
        numbers.extend(parts.map(inside));
    }
    for (sale, _) in &mut recorded.sales {
        numbers.extend([inside(&mut sale.earned), inside(&mut sale.clawed_back)]);
        numbers.push(&mut sale.refunded_minor);
    }
    numbers.extend(
        recorded
            .returns
            .iter_mut()
            .map(|back| &mut back.refund_minor),
    );
    numbers.extend(
        recorded
            .redemptions
            .iter_mut()
            .map(|(_, points)| inside(points)),
    );
    numbers
}

#[test]
fn a_sound_member_shows_no_difference_and_each_flipped_number_is_found() {
    let story = story();
    assert_eq!(audit(story.recorded(), &story.operations), None);
    let count = numbers(&mut story.recorded()).len();
    for place in 0..count {
        let mut recorded = story.recorded();
        *numbers(&mut recorded)[place] += 1;
        assert!(
            audit(recorded, &story.operations).is_some(),
            "number {place}"
        );
    }
}

#[test]
fn the_difference_is_told_in_words_with_ids() {
    let story = story();
    let mut recorded = story.recorded();
    let (lot_id, lot) = recorded.wallet.lots.last_key_value().unwrap();
    let (lot_id, available) = (*lot_id, lot.available.get());
    recorded.wallet.lots.get_mut(&lot_id).unwrap().available = Points::new(available + 5);
    let difference = audit(recorded, &story.operations).unwrap().to_string();
    let (told, found) = (available + 5, available);
    assert_eq!(
        difference,
        format!("lot {lot_id}: available is {told}, recomputed it is {found}")
    );
}

proptest! {
    #[test]
    fn each_change_of_an_entry_is_found(
        entry in any::<prop::sample::Index>(),
        what in 0..4_u8,
        by in 1..1_000_i64,
    ) {
        let story = story();
        let mut operations = story.operations.clone();
        let count = operations.iter().map(|operation| operation.entries.len()).sum();
        let place = entry.index(count);
        change(&mut operations, place, what, by);
        prop_assert_ne!(&operations, &story.operations);
        prop_assert!(audit(story.recorded(), &operations).is_some());
    }
}

#[test]
fn an_operation_under_another_kind_is_found() {
    const KINDS: [Kind; 8] = [
        Kind::Earn,
        Kind::Redeem,
        Kind::ClawBack,
        Kind::RepayDebt,
        Kind::Expire,
        Kind::Restore,
        Kind::Adjust,
        Kind::Transfer,
    ];
    let story = story();
    for place in 0..story.operations.len() {
        for kind in KINDS {
            let mut operations = story.operations.clone();
            let was = std::mem::replace(&mut operations[place].kind, kind);
            let is_found = audit(story.recorded(), &operations).is_some();
            assert_eq!(is_found, was != kind, "{was:?} as {kind:?}");
        }
    }
}

fn change(operations: &mut [Operation], place: usize, what: u8, by: i64) {
    let mut all = operations
        .iter_mut()
        .flat_map(|operation| &mut operation.entries);
    let entry = all.nth(place).unwrap();
    match (what, &mut entry.balance_after) {
        (0, _) => *entry.amount.as_mut() += by,
        (1, Some(balance)) => *balance.as_mut() += by,
        (2, _) => entry.account = Account::Transfer,
        _ => entry.entry_number += by,
    }
}

#[test]
fn a_lost_entry_is_found() {
    let story = story();
    for lost in 0..story.operations.len() {
        let mut operations = story.operations.clone();
        operations.remove(lost);
        assert!(
            audit(story.recorded(), &operations).is_some(),
            "operation {lost}"
        );
    }
}
