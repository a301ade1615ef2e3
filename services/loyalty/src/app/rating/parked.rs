//! What could not be rated is tried again: when somebody asks for it, and by itself when another
//! version of the program has come into force.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::cause::Cause;
use super::entry::{Before, Entry, Outcome, Runs};
use super::{Desk, Need};
use crate::app::books::Books;
use crate::app::{AppError, Loyalty};
use crate::domain::happened::SaleFigures;
use crate::domain::rating::{Done, Source};
use crate::domain::sales::{Earnings, Sale};
use crate::store::rating::parked::{self, Parked};
use crate::store::rating::{Key, Keys, activities, ratings, sales};

/// How often it is looked whether something can be tried again.
const PAUSE: Duration = Duration::from_secs(30);
/// How many are looked at together.
const PAGE: i64 = 100;

/// Tries again what is parked, whenever the program has a version in force by which it was not tried
/// yet, until the service stops.
pub(crate) async fn keep_trying(loyalty: Loyalty, stop: CancellationToken) {
    let mut interval = tokio::time::interval(PAUSE);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(error) = try_all(&loyalty).await {
            tracing::warn!(%error, "parked purchases could not be tried again");
        }
    }
}

/// Tries each once by whose program a version is in force that was not tried yet.
pub(super) async fn try_all(loyalty: &Loyalty) -> Result<(), AppError> {
    let mut after: Option<Parked> = None;
    loop {
        let from = after.as_ref().map(|last| (last.parked_at, &last.key));
        let page = parked::page(loyalty.db.pool(), from, PAGE).await?;
        for one in &page {
            match try_one(loyalty, one).await {
                // It stays parked, and keeps none of the others waiting.
                Err(error) if !error.is_passing() => {
                    let program = one.program_id.as_str();
                    tracing::error!(%error, program, "something parked can't be tried again");
                }
                tried => tried?,
            }
        }
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or_default();
        after = page.into_iter().last();
        if is_last {
            break;
        }
    }
    let count = parked::count(loyalty.db.pool()).await?;
    loyalty.parked.set(count);
    Ok(())
}

async fn try_one(loyalty: &Loyalty, one: &Parked) -> Result<(), AppError> {
    if is_due(loyalty, one).await? {
        retry(loyalty, &one.key).await?;
    }
    Ok(())
}

async fn is_due(loyalty: &Loyalty, parked: &Parked) -> Result<bool, AppError> {
    let mut db = loyalty.db.pool().acquire().await.map_err(AppError::from)?;
    let program_id = parked.program_id.as_str();
    let program = loyalty
        .programs
        .at(&mut db, program_id, loyalty.now())
        .await?;
    Ok(program.version != parked.tried_version)
}

/// Tries one again: by the version of its time, and if it was that one that it could not be rated
/// by, by the one that is in force now.
pub(crate) async fn retry(loyalty: &Loyalty, key: &Key) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let mut books = Books::open(loyalty, &mut tx, &[Need::of(key.customer_id)]).await?;
    let mut desk = Desk {
        loyalty,
        tx: &mut tx,
        books: &mut books,
        has_posted: false,
    };
    desk.retry(key).await?;
    books.write(&mut tx).await?;
    tx.commit().await.map_err(AppError::from)?;
    loyalty.outbox.committed();
    Ok(())
}

impl Desk<'_, '_> {
    async fn retry(&mut self, key: &Key) -> Result<(), AppError> {
        let Some(entry) = self.parked_entry(key).await? else {
            return Ok(());
        };
        let mut runs = Runs::default();
        let reference = entry.reference().to_owned();
        let first = (entry.moment.clone(), reference);
        runs.members.insert(key.customer_id, vec![entry]);
        let firsts = [(key.customer_id, first)].into();
        self.add_later(&mut runs, &firsts).await?;
        self.rate(&mut runs).await?;
        self.settle(&mut runs).await?;
        self.keep(&runs).await?;
        self.activate(&runs).await?;
        let happened = super::followers::happened(&runs);
        self.follow(&happened).await
    }

    async fn parked_entry(&mut self, key: &Key) -> Result<Option<Entry<'static>>, AppError> {
        let Some((done, sale)) = self.fact_of(key).await? else {
            return Ok(None);
        };
        let moment = done.moment();
        let keys = Keys::of([(key.customer_id, &moment)]);
        let rated = ratings::of_keys(&mut **self.tx, &keys).await?.remove(key);
        let Some(rated) = rated else { return Ok(None) };
        let mut earnings: Earnings = rated.earnings;
        let before = earnings.clone();
        let now = Arc::clone(&self.books.holder(key.customer_id)?.program);
        let (program_id, version) = (earnings.program_id.as_str(), earnings.program_version);
        let mut program = self
            .loyalty
            .programs
            .version(self.tx, program_id, version)
            .await?;
        if earnings.awards.is_empty() && now.version != version {
            earnings.program_version = now.version;
            program = now;
        }
        let main = program.document.main_wallet.wallet_id;
        let points = before.points_of(main).get();
        let figures = sale.as_ref().map(|sale| sale.figures(points));
        let member = self.member(key.customer_id, &earnings)?;
        Ok(Some(Entry {
            moment,
            member,
            done,
            sale,
            program,
            earnings,
            before: Before {
                earnings: Some(before),
                figures: figures.unwrap_or(SaleFigures::NONE),
            },
            outcome: Outcome::NotRated,
            cause: Cause::Retried,
            trace: "",
        }))
    }

    async fn fact_of(&mut self, key: &Key) -> Result<Option<(Done, Option<Sale>)>, AppError> {
        let customer_id = key.customer_id;
        Ok(match &key.source {
            Source::Order(order_id) => {
                let orders = [(customer_id, order_id.as_str())].into_iter();
                let sale = sales::of_orders(self.tx, orders)
                    .await?
                    .into_values()
                    .next();
                sale.map(|sale| (Done::Basket(sale.basket()), Some(sale)))
            }
            Source::Act(activity_type, activity_id) => {
                let ids = [(customer_id, activity_type.as_str(), activity_id.as_str())];
                let acts = activities::of_ids(self.tx, ids.into_iter()).await?;
                acts.into_values().next().map(|act| (Done::act(act), None))
            }
        })
    }
}
