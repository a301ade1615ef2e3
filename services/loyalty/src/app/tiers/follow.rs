use sqlx::PgTransaction;
use uuid::Uuid;

use super::news::News;
use super::take_over::taken_over;
use super::{Histories, settle};
use crate::app::books::Books;
use crate::app::{AppError, Loyalty, packages};
use crate::domain::happened::Happened;
use crate::domain::tiers::Addition;
use crate::store::tiers::metrics::{self, NewAddition};

/// Counts purchases and acts on the ladders of their members, and settles where these stand now; and
/// welcomes those who have joined.
///
/// What a return takes back is taken back on the day of the purchase, so that both together are as
/// if nothing had been bought. What comes for a membership that was merged counts for that one, and for
/// each into which it has gone since, until they are parted. A program that never had a ladder counts
/// nothing.
pub(crate) async fn follow(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    happened: &[Happened],
) -> Result<(), AppError> {
    let joined: Vec<Uuid> = happened.iter().filter_map(who_joined).collect();
    packages::welcome(loyalty, tx, books, &joined).await?;
    let mut additions = additions(loyalty, tx, books, happened).await?;
    for place in 0..additions.len() {
        if let Some(addition) = additions.get(place).cloned() {
            additions.append(&mut taken_over(books, &addition)?);
        }
    }
    if additions.is_empty() {
        return Ok(());
    }
    metrics::insert(tx, &additions, books.now()).await?;
    let mut news = News::default();
    for new in additions {
        news.counts(new.customer_id, new.addition, &new.reference);
    }
    settle(loyalty, tx, books, &news).await
}

async fn additions(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &Books,
    happened: &[Happened],
) -> Result<Vec<NewAddition>, AppError> {
    let mut histories = Histories::default();
    let mut additions = Vec::new();
    for happened in happened {
        let Some(customer_id) = who(happened) else {
            continue;
        };
        let program_id = books.holder(customer_id)?.program.program_id.as_str();
        let history = histories.of(loyalty, tx, program_id, books.now()).await?;
        if history.has_no_ladder() {
            continue;
        }
        let zone = history.zone();
        let addition = match happened {
            Happened::Sale(change) => {
                let known_on = zone.date_of(books.now());
                let addition = Addition::of_sale(change, zone, known_on);
                addition.map(|addition| (addition, &change.order_id))
            }
            Happened::Act(act) => Some((Addition::of_act(act, zone), &act.activity_id)),
            Happened::Joined { .. } => None,
        };
        additions.extend(addition.map(|(addition, reference)| NewAddition {
            customer_id,
            addition_id: books.new_id(),
            addition,
            reference: reference.clone(),
        }));
    }
    Ok(additions)
}

fn who_joined(happened: &Happened) -> Option<Uuid> {
    match happened {
        Happened::Joined { customer_id, .. } => Some(*customer_id),
        Happened::Sale(_) | Happened::Act(_) => None,
    }
}

/// Whose standing it can touch.
fn who(happened: &Happened) -> Option<Uuid> {
    match happened {
        Happened::Sale(change) => Some(change.customer_id),
        Happened::Act(act) => Some(act.customer_id),
        Happened::Joined { .. } => None,
    }
}
