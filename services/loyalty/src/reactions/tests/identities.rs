//! Memberships follow the profiles of their customers, in whatever order they hear of it.

use contract::patron::profile::v1::{CustomerRemoved, ProfilesMerged, ProfilesUnmerged};
use jiff::SignedDuration;
use prometheus_client::metrics::gauge::Gauge;
use uuid::Uuid;

use super::*;
use crate::app::membership::follow_again;
use crate::domain::ledger::State;
use crate::store::ledger::holders;
use crate::store::membership;

fn id(nth: u128) -> Uuid {
    Uuid::from_u128(CUSTOMER.as_u128() + nth)
}

fn texts(ids: &[u128]) -> Vec<String> {
    ids.iter().map(|nth| id(*nth).to_string()).collect()
}

fn merged(survivor: u128, others: &[u128], revision: i64) -> ProfilesMerged {
    ProfilesMerged {
        customer_id: id(survivor).to_string(),
        merged_customer_ids: texts(others),
        revision,
        ..ProfilesMerged::default()
    }
}

fn unmerged(stays: (u128, &[u128]), parted: (u128, &[u128]), revision: i64) -> ProfilesUnmerged {
    ProfilesUnmerged {
        customer_id: id(stays.0).to_string(),
        merged_customer_ids: texts(stays.1),
        parted_customer_id: id(parted.0).to_string(),
        parted_merged_customer_ids: texts(parted.1),
        revision,
        ..ProfilesUnmerged::default()
    }
}

async fn order_of(bench: &Bench, nth: u128, order_id: &str, amount: i64) {
    let mut order = bought(order_id, amount);
    if let Some(order) = &mut order.order {
        order.customer_id = id(nth).to_string();
    }
    bench.hear(&order).await.unwrap();
}

/// Whom each of the first ids leads to.
async fn ends<const N: usize>(bench: &Bench) -> [u128; N] {
    let mut ends = [0; N];
    for (nth, end) in (0..).zip(&mut ends) {
        let mut at = id(nth);
        let mut tx = bench.loyalty.db.begin().await.unwrap();
        while let Some(holder) = holders::find(&mut *tx, at).await.unwrap() {
            match holder.merged.map(|merged| merged.into) {
                Some(into) => at = into,
                None => break,
            }
        }
        *end = at.as_u128() - CUSTOMER.as_u128();
    }
    ends
}

#[tokio::test]
async fn points_of_merged_customers_are_one_balance_until_they_are_parted() {
    let bench = Bench::new().await;
    order_of(&bench, 0, "o-1", 10_000).await;
    order_of(&bench, 1, "o-2", 5_000).await;
    let joined = merged(0, &[1], 2);
    bench.hear(&joined).await.unwrap();
    bench.hear(&joined).await.unwrap();
    assert_eq!(bench.figures().await.0, 150);
    assert_eq!(ends(&bench).await, [0, 0]);
    bench.hear(&unmerged((0, &[]), (1, &[]), 3)).await.unwrap();
    assert_eq!(bench.figures().await.0, 100);
    assert_eq!(ends(&bench).await, [0, 1]);
}

#[tokio::test]
async fn merges_of_merges_are_taken_apart_in_any_order_and_what_is_outdated_is_ignored() {
    let bench = Bench::new().await;
    // Nobody is a member yet: who is told of becomes one. 1 takes in 2, 0 takes in both.
    bench.hear(&merged(1, &[2], 2)).await.unwrap();
    bench.hear(&merged(0, &[1, 2], 3)).await.unwrap();
    bench.hear(&merged(0, &[1, 2, 3], 4)).await.unwrap();
    assert_eq!(ends(&bench).await, [0, 0, 0, 0]);
    // The first link is taken back: 2 goes alone, though its merge lies below another.
    bench
        .hear(&unmerged((0, &[1, 3]), (2, &[]), 5))
        .await
        .unwrap();
    assert_eq!(ends(&bench).await, [0, 0, 2, 0]);
    // 1 and 3 stay together without 0.
    bench.hear(&unmerged((0, &[]), (1, &[3]), 6)).await.unwrap();
    assert_eq!(ends(&bench).await, [0, 1, 2, 1]);
    bench.hear(&merged(0, &[1, 2, 3], 4)).await.unwrap();
    assert_eq!(ends(&bench).await, [0, 1, 2, 1]);
}

#[tokio::test]
async fn a_merge_that_is_not_possible_for_now_is_made_when_it_is() {
    let bench = Bench::new().await;
    order_of(&bench, 0, "o-1", 10_000).await;
    order_of(&bench, 1, "o-2", 5_000).await;
    let closed = async |state| {
        let mut db = bench.loyalty.db.acquire().await.unwrap();
        membership::set(&mut db, id(1), state, None).await.unwrap();
    };
    closed(State::Closed).await;
    bench.hear(&merged(0, &[1], 2)).await.unwrap();
    assert_eq!(ends(&bench).await, [0, 1]);

    let apart = Gauge::default();
    let again = async |minutes| {
        bench
            .loyalty
            .clock
            .advance(SignedDuration::from_mins(minutes));
        follow_again(&bench.loyalty, &apart).await.unwrap();
        apart.get()
    };
    assert_eq!(again(11).await, 2, "it is tried, in vain");
    closed(State::Active).await;
    assert_eq!(again(1).await, 2, "and rests");
    assert_eq!(again(10).await, 0);
    assert_eq!(ends(&bench).await, [0, 0]);
    assert_eq!(bench.figures().await.0, 150);
}

#[tokio::test]
async fn the_membership_of_a_customer_who_was_removed_ends_and_its_points_lapse() {
    let bench = Bench::new().await;
    order_of(&bench, 0, "o-1", 10_000).await;
    let removed = CustomerRemoved {
        customer_id: id(0).to_string(),
        ..CustomerRemoved::default()
    };
    bench.hear(&removed).await.unwrap();
    bench.hear(&removed).await.unwrap();
    assert_eq!(bench.figures().await.0, 0);
    let holder = holders::find(bench.loyalty.db.pool(), id(0)).await.unwrap();
    assert_eq!(holder.unwrap().state, State::Closed);
}
