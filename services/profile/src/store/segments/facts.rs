//! What is known of people, for the conditions of segments.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use calendar::Zone;
use jiff::Timestamp;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::attribute::standing;
use crate::domain::attribute::value::Value;
use crate::domain::customer::Customer;
use crate::domain::habits::Habits;
use crate::domain::health::heard::Heard;
use crate::domain::health::{Score, Since};
use crate::domain::ids::CustomerId;
use crate::domain::order::RecordedOrder;
use crate::domain::segment::condition::Reach;
use crate::domain::segment::facts::{Facts, MOST_ORDERS};
use crate::domain::tag::{self, Change};
use crate::domain::traits::Traits;
use crate::domain::zone;
use crate::store::attributes::{self, Kept};
use crate::store::health::{heard, standings};
use crate::store::{StoreError, orders, tags, traits};

/// Where the days of people are counted whose zone is not known, and how far back orders are read.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) default_zone: Zone,
    pub(crate) reach: Reach,
    pub(crate) health: Health,
    pub(crate) now: Timestamp,
}

/// What is read for how well things stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Health {
    /// Nothing: nobody has an index.
    Nothing,
    /// What is kept of it.
    Kept,
    /// What it is made of, from these instants on.
    Heard(Since),
}

/// Everything about these people, by their ids.
pub(crate) async fn of(
    connection: &mut PgConnection,
    keyring: &Keyring,
    people: Vec<Customer>,
    scope: &Scope,
) -> Result<BTreeMap<CustomerId, Facts>, StoreError> {
    let homes: Vec<Uuid> = people.iter().flat_map(|it| it.homes().ids()).collect();
    let mut figures: HashMap<CustomerId, Traits> =
        traits::of(connection, &homes).await?.into_iter().collect();
    let mut tags: HashMap<CustomerId, Vec<Change>> = HashMap::new();
    for change in tags::latest(connection, keyring, &homes).await? {
        tags.entry(change.by).or_default().push(change);
    }
    let mut attributes: HashMap<CustomerId, Vec<Kept>> = HashMap::new();
    for kept in attributes::of(connection, keyring, &homes).await? {
        attributes.entry(kept.said.by).or_default().push(kept);
    }
    let mut bought: HashMap<CustomerId, Vec<RecordedOrder>> = HashMap::new();
    for order in read_orders(connection, &homes, scope).await? {
        bought.entry(order.customer).or_default().push(order);
    }
    let mut told = match scope.health {
        Health::Heard(since) => heard::of(connection, &homes, since).await?,
        Health::Kept | Health::Nothing => HashMap::new(),
    };
    let kept_health = match scope.health {
        Health::Kept => scores(connection, &people).await?,
        Health::Heard(_) | Health::Nothing => HashMap::new(),
    };
    let facts = people.into_iter().map(|person| {
        let homes = person.homes().ids().into_iter().map(CustomerId);
        let homes: Vec<CustomerId> = homes.collect();
        let parts = homes.iter().filter_map(|home| figures.remove(home));
        let traits = Traits::of_all(parts);
        let said = homes.iter().filter_map(|home| tags.remove(home)).flatten();
        let tags = tag::latest(said, |id| homes.contains(&id));
        let kept = homes.iter().filter_map(|home| attributes.remove(home));
        let told = homes.iter().filter_map(|home| told.remove(home));
        let heard = Heard::of_all(told);
        let (orders, complete_since) = gather(&homes, &mut bought, begin(scope));
        let zone = zone::of(&person.details.time_zone);
        let zone = zone.unwrap_or_else(|| scope.default_zone.clone());
        let habits = match scope.reach {
            // Of each home more are read than count.
            Reach::Always => Habits::of(&orders, zone.clone()),
            Reach::Figures | Reach::Window(_) => Habits::default(),
        };
        let facts = Facts {
            zone,
            habits,
            known_since: person.create_time,
            tags,
            attributes: values(kept.flatten(), &homes),
            traits,
            orders,
            complete_since,
            heard,
            health: kept_health.get(&person.id).copied(),
            health_until: None,
            details: person.details,
        };
        (person.id, facts)
    });
    Ok(facts.collect())
}

async fn scores(
    connection: &mut PgConnection,
    people: &[Customer],
) -> Result<HashMap<CustomerId, Score>, StoreError> {
    let ids: Vec<Uuid> = people.iter().map(|it| it.id.0).collect();
    let kept = standings::of(connection, &ids).await?.into_iter();
    Ok(kept.map(|it| (it.customer, it.score)).collect())
}

/// From when on orders are read.
fn begin(scope: &Scope) -> Timestamp {
    match scope.reach {
        Reach::Figures => Timestamp::MAX,
        Reach::Window(length) => scope.now.checked_sub(length).unwrap_or(Timestamp::MIN),
        Reach::Always => Timestamp::MIN,
    }
}

async fn read_orders(
    connection: &mut PgConnection,
    homes: &[Uuid],
    scope: &Scope,
) -> Result<Vec<RecordedOrder>, StoreError> {
    let begin = begin(scope);
    if begin == Timestamp::MAX {
        return Ok(Vec::new());
    }
    let most = i64::from(MOST_ORDERS).saturating_add(1);
    orders::since(connection, homes, begin, most).await
}

/// The orders of all homes, and since when they are all. What is left out of one home is older than
/// what is there of it.
fn gather(
    homes: &[CustomerId],
    bought: &mut HashMap<CustomerId, Vec<RecordedOrder>>,
    begin: Timestamp,
) -> (Vec<RecordedOrder>, Timestamp) {
    let (mut all, mut complete_since) = (Vec::new(), begin);
    for home in homes {
        let mut orders = bought.remove(home).unwrap_or_default();
        orders.sort_by_key(|it| Reverse(it.order.time));
        if orders.len() > usize::from(MOST_ORDERS) {
            orders.truncate(MOST_ORDERS.into());
            let oldest = orders.last().map_or(begin, |it| it.order.time);
            complete_since = complete_since.max(oldest);
        }
        all.append(&mut orders);
    }
    all.sort_by_key(|it| Reverse(it.order.time));
    (all, complete_since)
}

/// Of each attribute what was set last, under whichever of a person's ids.
fn values(kept: impl Iterator<Item = Kept>, homes: &[CustomerId]) -> BTreeMap<String, Value> {
    let (mut said, mut values) = (Vec::new(), HashMap::new());
    for kept in kept {
        values.extend(kept.value.map(|value| (kept.said.id, value)));
        said.push(kept.said);
    }
    let latest = standing::latest(said, |id| homes.contains(&id));
    let stands = standing::standing(&latest).into_iter();
    stands
        .filter_map(|(key, said)| Some((key.0.clone(), values.remove(&said.id)?)))
        .collect()
}
