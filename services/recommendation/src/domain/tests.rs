//! The index and what is ranked from it, against a recount from scratch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

/// Few ids, so that sales, versions and products collide all the time.
fn fact() -> impl Strategy<Value = Fact> {
    let items = prop::collection::vec((0..8_u8, 0..3_u8), 0..6);
    (0..12_u8, 1..4_i32, 0..20_i64, items).prop_map(|(basket, version, second, items)| Fact {
        basket_id: basket.to_string(),
        version,
        purchase_time: Timestamp::from_second(second).unwrap(),
        items: Items::new(items.into_iter().map(|(product, name)| Item {
            product_id: format!("p{product}"),
            name: if name == 0 {
                String::new()
            } else {
                format!("name {name}")
            },
        })),
    })
}

/// A stream of facts as it may really come: one content per basket and version, shuffled, repeated.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(fact(), 0..60).prop_flat_map(|facts| {
        let mut first = BTreeMap::new();
        for fact in facts {
            first
                .entry((fact.basket_id.clone(), fact.version))
                .or_insert(fact);
        }
        let once: Vec<Fact> = first.into_values().collect();
        let twice: Vec<Fact> = once.iter().chain(&once).cloned().collect();
        Just(twice).prop_shuffle()
    })
}

fn index(facts: &[Fact]) -> Index {
    let mut index = Index::default();
    for fact in facts {
        index.apply(fact).unwrap();
    }
    index
}

/// The baskets as sets, by the plainest reading of the facts.
fn baskets(facts: &[Fact]) -> Vec<BTreeSet<&str>> {
    let mut latest = BTreeMap::<&str, &Fact>::new();
    for fact in facts {
        let known = latest.entry(&fact.basket_id).or_insert(fact);
        if fact.version > known.version {
            *known = fact;
        }
    }
    let sets = latest
        .into_values()
        .map(|fact| fact.items.product_ids().collect());
    sets.filter(|set: &BTreeSet<&str>| !set.is_empty())
        .collect()
}

fn count(baskets: &[BTreeSet<&str>], products: &[&str]) -> u64 {
    let holds = |basket: &&BTreeSet<&str>| products.iter().all(|product| basket.contains(product));
    baskets.iter().filter(holds).count() as u64
}

fn latest_name(facts: &[Fact], product: &str) -> String {
    let named = facts
        .iter()
        .flat_map(|fact| fact.items.iter().map(move |item| (fact, item)));
    let named = named.filter(|(_, item)| item.product_id == product && !item.name.is_empty());
    let latest = named
        .map(|(fact, item)| (fact.purchase_time, item.name.clone()))
        .max();
    latest.map(|(_, name)| name).unwrap_or_default()
}

proptest! {
    #[test]
    fn the_index_equals_a_recount_whatever_the_order_and_repeats_of_facts(facts in facts()) {
        let index = index(&facts);
        let baskets = baskets(&facts);
        prop_assert_eq!(index.basket_count(), baskets.len() as u64);
        for x in (0..8).map(|n| format!("p{n}")) {
            let with_x = count(&baskets, &[&x]);
            let answer = index.bought_together(&x, 1, usize::MAX);
            prop_assert_eq!(answer.is_some(), with_x > 0);
            let Some(answer) = answer else { continue };
            prop_assert_eq!(answer.product.basket_count, with_x);
            prop_assert_eq!(answer.product.name, latest_name(&facts, &x));
            let found: BTreeMap<&str, u64> =
                answer.associations.iter().map(|a| (a.product.id, a.basket_count)).collect();
            for y in (0..8).map(|n| format!("p{n}")).filter(|y| *y != x) {
                let (both, with_y) = (count(&baskets, &[&x, &y]), count(&baskets, &[&y]));
                let lifted = both * baskets.len() as u64 > with_x * with_y;
                prop_assert_eq!(found.get(&*y).copied(), lifted.then_some(both));
            }
        }
    }

    #[test]
    fn the_best_come_first_and_a_limit_only_cuts_the_rest(facts in facts(), limit in 0..5_usize) {
        let index = index(&facts);
        for x in (0..8).map(|n| format!("p{n}")) {
            let Some(all) = index.bought_together(&x, 1, usize::MAX) else { continue };
            let few = index.bought_together(&x, 1, limit).unwrap();
            prop_assert_eq!(&few.associations[..], &all.associations[..limit.min(all.associations.len())]);
            for pair in all.associations.windows(2) {
                prop_assert!(pair[0].confidence_lower >= pair[1].confidence_lower);
                let tie = pair[0].basket_count == pair[1].basket_count;
                prop_assert!(!tie || pair[0].product.id < pair[1].product.id);
            }
            for a in &all.associations {
                prop_assert!(0.0 <= a.confidence_lower && a.confidence_lower <= a.confidence);
                prop_assert!(a.lift > 1.0 && a.support <= a.confidence && a.confidence <= 1.0);
            }
        }
        let popular = index.popular(usize::MAX).products;
        prop_assert!(popular.windows(2).all(|pair| pair[0].basket_count >= pair[1].basket_count));
        prop_assert_eq!(&index.popular(limit).products[..], &popular[..limit.min(popular.len())]);
    }
}

fn sale(id: &str, products: &[&str]) -> Fact {
    let item = |id: &&str| Item {
        product_id: (*id).to_owned(),
        name: String::new(),
    };
    Fact::sold(
        id.to_owned(),
        Timestamp::UNIX_EPOCH,
        Items::new(products.iter().map(item)),
    )
}

#[test]
fn figures_are_those_of_the_textbook() {
    // n = 10, n(tea) = 4, n(mug) = 5, both 3.
    let sold: [&[&str]; 10] = [
        &["tea", "mug"],
        &["tea", "mug"],
        &["tea", "mug"],
        &["tea"],
        &["mug"],
        &["mug"],
        &["pen"],
        &["pen"],
        &["pen"],
        &["pen"],
    ];
    let facts: Vec<Fact> = (0..)
        .zip(sold)
        .map(|(n, set)| sale(&format!("{n}"), set))
        .collect();
    let index = index(&facts);
    let answer = index.bought_together("tea", 3, 10).unwrap();
    let [mug] = &answer.associations[..] else {
        panic!("{answer:?}")
    };
    let close = |left: f64, right: f64| (left - right).abs() < 1e-6;
    assert!(close(mug.support, 0.3) && close(mug.confidence, 0.75) && close(mug.lift, 1.5));
    // Wilson's lower bound for 3 of 4 at 95 %, as statsmodels' `proportion_confint` has it.
    assert!(
        close(mug.confidence_lower, 0.300_641_8),
        "{}",
        mug.confidence_lower
    );
    assert!(
        index
            .bought_together("tea", 4, 10)
            .unwrap()
            .associations
            .is_empty()
    );
    assert_eq!(index.bought_together("ink", 1, 10), None);
}
