//! What is computed from a customer's activity.

use calendar::Zone;
use chassis::{Deadline, Refusal};
use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::App;
use super::browse::{homes_of, with_one_more};
use super::contact::policy::default_zone;
use crate::domain::habits::{Habits, MOST_ORDERS, Tallies};
use crate::domain::identity::homes::Homes;
use crate::domain::ids::CustomerId;
use crate::domain::traits::Traits;
use crate::domain::zone;
use crate::refusals;
use crate::store::{contact, orders, traits};

/// What the activity of a person adds up to, and what it shows of habits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Computed {
    pub(crate) customer: CustomerId,
    pub(crate) traits: Traits,
    pub(crate) habits: Habits,
}

impl App {
    /// What is computed from a customer's activity, as it is at one moment.
    pub(crate) async fn traits(
        &self,
        deadline: Deadline,
        id: CustomerId,
    ) -> Result<Computed, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, id).await?;
        let parts = traits::of(&mut tx, &homes.ids()).await?;
        let traits = Traits::of_all(parts.into_iter().map(|(_, traits)| traits));
        let habits = if traits.order_count > 0 {
            habits_of(&mut tx, &homes).await?
        } else {
            Habits::default()
        };
        Ok(Computed {
            customer: homes.profile,
            traits,
            habits,
        })
    }
}

/// Counted when it is asked for: taking orders in costs nothing more, and whatever comes late, comes back or is
/// joined counts at once.
async fn habits_of(db: &mut PgConnection, homes: &Homes) -> Result<Habits, Refusal> {
    let mut tallies = Tallies::new(zone_of(db, homes.profile).await?, MOST_ORDERS);
    let (ids, one_more) = (homes.ids(), with_one_more(MOST_ORDERS));
    let mut latest = std::pin::pin!(orders::latest(db, &ids, one_more));
    // One at a time: an order has up to 2,000 lines.
    while let Some(order) = latest.try_next().await? {
        tallies.take(order);
    }
    Ok(tallies.habits())
}

/// Where a person lives.
async fn zone_of(db: &mut PgConnection, id: CustomerId) -> Result<Zone, Refusal> {
    let person = contact::person(db, id).await?;
    let person = person.ok_or_else(refusals::customer_not_found)?;
    match zone::of(&person.time_zone) {
        Some(zone) => Ok(zone),
        None => Ok(default_zone(db).await?),
    }
}
