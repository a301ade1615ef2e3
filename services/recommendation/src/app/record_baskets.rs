//! Taking in sales whose customer is not known.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use postgres::{Database, DatabaseError};

use crate::domain::{Fact, Items, Verdict, judge};
use crate::store;

/// What became of a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken in.
    Recorded,
    /// It was there already.
    Known,
    /// Its id is that of another sale.
    Conflict,
}

/// Records the sales that are new, all in one transaction; tells what became of each, in the order
/// given. Of several under one id the first counts.
pub(crate) async fn record_baskets(
    db: &Database,
    sales: &[Fact],
    now: Timestamp,
    remaining: Duration,
) -> Result<Vec<Outcome>, DatabaseError> {
    let offered = first_by_id(sales);
    let new: Vec<Fact> = offered.values().map(|place| place.fact.clone()).collect();
    let mut transaction = db.begin_with_deadline(remaining).await?;
    let inserted = store::insert(&mut transaction, &new, now).await?;
    let there: Vec<&str> = offered
        .keys()
        .copied()
        .filter(|basket_id| !inserted.contains(*basket_id))
        .collect();
    let stored = match there[..] {
        [] => HashMap::new(),
        _ => store::firsts(&mut transaction, &there).await?,
    };
    transaction.commit().await.map_err(DatabaseError::from)?;
    let outcomes = sales.iter().enumerate().map(|(place, sale)| {
        outcome(
            place,
            sale,
            offered.get(&*sale.basket_id),
            stored.get(&sale.basket_id),
        )
    });
    Ok(outcomes.collect())
}

/// A sale and its place in the request.
struct Offered<'a> {
    place: usize,
    fact: &'a Fact,
}

/// By ascending id, which is the order in which rows are to be locked.
fn first_by_id(sales: &[Fact]) -> BTreeMap<&str, Offered<'_>> {
    let mut first = BTreeMap::new();
    for (place, fact) in sales.iter().enumerate() {
        first
            .entry(fact.basket_id.as_str())
            .or_insert(Offered { place, fact });
    }
    first
}

/// `stored` is what was there before, if anything was; else the first in the request was recorded.
fn outcome(
    place: usize,
    sale: &Fact,
    first: Option<&Offered<'_>>,
    stored: Option<&Items>,
) -> Outcome {
    let recorded = match (stored, first) {
        (Some(stored), _) => stored,
        (None, Some(first)) if first.place != place => &first.fact.items,
        (None, _) => return Outcome::Recorded,
    };
    match judge(recorded, &sale.items) {
        Verdict::Known => Outcome::Known,
        Verdict::Conflict => Outcome::Conflict,
    }
}
