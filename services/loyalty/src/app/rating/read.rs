//! What callers see, and acts that they tell.

use std::time::Duration;

use access::Reach;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Fact, RatingError, Told, record};
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::domain::happened::Act;
use crate::domain::rating::{Done, Moment};
use crate::domain::sales::{Earnings, Sale};
use crate::store::rating::parked::{self, Parked};
use crate::store::rating::ratings::{self, Rated};
use crate::store::rating::{Key, Keys, activities, sales};

/// A purchase or an act with what it earns; nothing where it was not rated yet.
pub(crate) type WithEarnings<T> = (T, Option<Earnings>);

/// Records acts in one transaction, and tells how many were not known before. Those of memberships
/// that have ended are left out.
pub(crate) async fn record_acts(
    loyalty: &Loyalty,
    remaining: Duration,
    acts: Vec<Act>,
) -> Result<usize, AppError> {
    let told = acts.into_iter().map(|act| Told {
        fact: Fact::Did(act),
        trace: "",
    });
    let told: Vec<Told<'_>> = told.collect();
    let mut tx = loyalty.db.begin_with_deadline(remaining).await?;
    let changed = record(loyalty, &mut tx, &told).await?;
    tx.commit().await.map_err(AppError::from)?;
    loyalty.outbox.committed();
    Ok(changed)
}

/// An act.
pub(crate) async fn activity(
    loyalty: &Loyalty,
    (customer_id, activity_type, activity_id): (Uuid, &str, &str),
) -> Result<WithEarnings<Act>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let ids = [(customer_id, activity_type, activity_id)].into_iter();
    let act = activities::of_ids(&mut db, ids).await?.into_values().next();
    let act = act.ok_or(RatingError::ActivityNotFound)?;
    let moment = |act: &Act| Done::act(act.clone()).moment();
    let found = with_earnings(&mut db, customer_id, vec![act], moment)
        .await?
        .pop();
    Ok(found.ok_or(RatingError::ActivityNotFound)?)
}

/// A page of the acts of a member, the latest first.
pub(crate) async fn activities(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<&(Timestamp, String, String)>,
    size: u16,
) -> Result<Page<WithEarnings<Act>>, AppError> {
    let before = before.map(|(at, kind, id)| (*at, kind.as_str(), id.as_str()));
    let limit = i64::from(size) + 1;
    let mut db = loyalty.snapshot().await?;
    let acts = activities::page(&mut *db, customer_id, before, limit).await?;
    let moment = |act: &Act| Done::act(act.clone()).moment();
    let rows = with_earnings(&mut db, customer_id, acts, moment).await?;
    Ok(Page::cut(rows, size))
}

/// A purchase.
pub(crate) async fn sale(
    loyalty: &Loyalty,
    customer_id: Uuid,
    order_id: &str,
) -> Result<WithEarnings<Sale>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let orders = [(customer_id, order_id)].into_iter();
    let sale = sales::of_orders(&mut db, orders)
        .await?
        .into_values()
        .next();
    let sale = sale.ok_or(RatingError::SaleNotFound)?;
    let found = with_earnings(&mut db, customer_id, vec![sale], moment_of)
        .await?
        .pop();
    Ok(found.ok_or(RatingError::SaleNotFound)?)
}

/// A page of the purchases of a member, the latest first.
pub(crate) async fn sales(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<&(Timestamp, String)>,
    size: u16,
) -> Result<Page<WithEarnings<Sale>>, AppError> {
    let before = before.map(|(at, order_id)| (*at, order_id.as_str()));
    let limit = i64::from(size) + 1;
    let mut db = loyalty.snapshot().await?;
    let sales = sales::page(&mut *db, customer_id, before, limit).await?;
    let rows = with_earnings(&mut db, customer_id, sales, moment_of).await?;
    Ok(Page::cut(rows, size))
}

/// A page of what is parked, the oldest first: of everybody, or of members within reach as far as that was heard.
pub(crate) async fn parked(
    loyalty: &Loyalty,
    reach: Option<&Reach>,
    after: Option<&(Timestamp, Key)>,
    size: u16,
) -> Result<Page<Parked>, AppError> {
    let after = after.map(|(at, key)| (*at, key));
    let (db, limit) = (loyalty.db.pool(), i64::from(size) + 1);
    let rows = match reach {
        Some(reach) => parked::page_within(db, reach, after, limit).await?,
        None => parked::page(db, after, limit).await?,
    };
    Ok(Page::cut(rows, size))
}

/// What is parked of one purchase or act.
pub(crate) async fn parked_one(loyalty: &Loyalty, key: &Key) -> Result<Option<Parked>, AppError> {
    Ok(parked::find(loyalty.db.pool(), key).await?)
}

fn moment_of(sale: &Sale) -> Moment {
    Done::Basket(sale.basket()).moment()
}

async fn with_earnings<T>(
    db: &mut PgConnection,
    customer_id: Uuid,
    facts: Vec<T>,
    moment: impl Fn(&T) -> Moment,
) -> Result<Vec<WithEarnings<T>>, AppError> {
    let moments: Vec<Moment> = facts.iter().map(moment).collect();
    let keys = Keys::of(moments.iter().map(|moment| (customer_id, moment)));
    let mut rated = ratings::of_keys(db, &keys).await?;
    let earnings = moments.into_iter().map(|moment| {
        let source = moment.source;
        let rated = rated.remove(&Key {
            customer_id,
            source,
        });
        rated.map(|Rated { earnings, .. }| earnings)
    });
    Ok(facts.into_iter().zip(earnings).collect())
}
