//! Who did what is to be recorded.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::PgConnection;

use super::{IntakeError, Newcomer, Who};
use crate::app::App;
use crate::domain::book::Refused;
use crate::domain::customer::{Customer, Details};
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::identity::golden::Golden;
use crate::domain::identity::kinds::is_shareable;
use crate::domain::identity::source::{ACTIVITY, Source, SourceId};
use crate::domain::identity::trust::Trust;
use crate::domain::ids::CustomerId;
use crate::store::{StoreError, customers, identifiers, sources};

/// The customers behind the identifiers of a batch.
#[derive(Debug, Default)]
pub(in crate::app) struct People {
    known: HashMap<IdentifierKey, CustomerId>,
    /// Identifiers that nobody had. They are taken, their customers are not made yet.
    new: BTreeMap<IdentifierKey, CustomerId>,
    /// Those of people who were erased.
    suppressed: HashSet<IdentifierKey>,
    /// Those that several people have, so they tell of nobody who it is.
    shared: HashSet<IdentifierKey>,
}

impl People {
    /// Looks up all identifiers, and takes those that nobody has: at once, because two batches may
    /// meet the same newcomer, and the second must wait for the first and then find it.
    pub(in crate::app) async fn find(
        app: &App,
        connection: &mut PgConnection,
        named: impl Iterator<Item = &Who>,
    ) -> Result<Self, IntakeError> {
        let mut wanted: BTreeSet<_> = named
            .filter_map(Who::newcomer)
            .map(|newcomer| newcomer.key.clone())
            .collect();
        let mut people = Self::default();
        people.look_up(app, connection, &wanted).await?;
        // What somebody has is nobody's who was erased, so only newcomers are looked for.
        let missing: Vec<_> = people.missing(&wanted).into_iter().collect();
        people.suppressed = app.suppressed(connection, &missing).await?;
        wanted.retain(|key| !people.suppressed.contains(key));
        let claims: Vec<_> = people
            .missing(&wanted)
            .into_iter()
            .map(|key| (key, CustomerId(app.clock.new_id())))
            .collect();
        if claims.is_empty() {
            return Ok(people);
        }
        let claimed = identifiers::claim(connection, &app.keyring, &claims).await?;
        people.new = claims
            .into_iter()
            .filter(|(key, _)| claimed.contains(key))
            .collect();
        // The others were taken by somebody who has committed meanwhile.
        people
            .look_up(app, connection, &people.missing(&wanted))
            .await?;
        if people.missing(&wanted).is_empty() {
            Ok(people)
        } else {
            Err(IntakeError::IdentifierVanished)
        }
    }

    async fn look_up(
        &mut self,
        app: &App,
        connection: &mut PgConnection,
        keys: &BTreeSet<IdentifierKey>,
    ) -> Result<(), StoreError> {
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().cloned().collect();
            let owned = identifiers::owned(connection, &app.keyring, &keys, is_shareable).await?;
            for (key, owned) in owned {
                if owned.is_contested {
                    self.shared.insert(key.clone());
                }
                self.known.insert(key, owned.by);
            }
        }
        Ok(())
    }

    fn missing(&self, wanted: &BTreeSet<IdentifierKey>) -> BTreeSet<IdentifierKey> {
        let is_missing = |key: &&IdentifierKey| self.customer_of(key).is_none();
        wanted.iter().filter(is_missing).cloned().collect()
    }

    fn customer_of(&self, key: &IdentifierKey) -> Option<CustomerId> {
        self.known.get(key).or_else(|| self.new.get(key)).copied()
    }

    /// The customer who is meant, existing or to be made.
    pub(in crate::app) fn of(&self, who: &Who) -> Option<CustomerId> {
        match who {
            Who::Customer(id) => Some(*id),
            Who::Identified(newcomer) => self.customer_of(&newcomer.key),
        }
    }

    /// The same, or why they are not let in.
    pub(in crate::app) fn admitted(&self, who: &Who) -> Result<CustomerId, Refused> {
        match who {
            Who::Identified(Newcomer { key, .. }) if self.suppressed.contains(key) => {
                let kind = key.kind.clone();
                Err(Refused::IdentifierSuppressed { kind })
            }
            Who::Identified(Newcomer { key, .. }) if self.shared.contains(key) => {
                let kind = key.kind.clone();
                Err(Refused::IdentifierShared { kind })
            }
            who => self.of(who).ok_or(Refused::CustomerNotFound),
        }
    }

    /// The customers who are to be made.
    pub(in crate::app) fn to_be_made(&self) -> BTreeSet<CustomerId> {
        self.new.values().copied().collect()
    }

    /// Makes the new customers for whom something was recorded, with the time at which it happened, each as its first
    /// recorded item describes it, and gives back the identifiers of the others.
    pub(in crate::app) async fn create<'a>(
        &self,
        app: &App,
        connection: &mut PgConnection,
        recorded: impl Iterator<Item = (&'a Who, Timestamp)>,
    ) -> Result<Vec<Customer>, StoreError> {
        let now = app.now();
        let mut made = BTreeMap::new();
        for (who, time) in recorded {
            if let Some(newcomer) = who.newcomer()
                && let Some(id) = self.new.get(&newcomer.key)
            {
                made.entry(*id).or_insert_with(|| {
                    let name = (ACTIVITY, id.0.to_string());
                    let source = Source::new(SourceId(app.clock.new_id()), *id, name, now);
                    source.saying(&details(newcomer), time)
                });
            }
        }
        let unused = self.new.iter().filter(|(_, id)| !made.contains_key(id));
        let unused: Vec<_> = unused.map(|(key, id)| (key.clone(), *id)).collect();
        if !unused.is_empty() {
            identifiers::release(connection, &app.keyring, &unused).await?;
        }
        let sources: Vec<_> = made.into_values().collect();
        let customer = |source: &Source| {
            let golden = Golden::of(std::slice::from_ref(source), &Trust::default());
            Customer::create(source.home, golden, now)
        };
        let made: Vec<_> = sources.iter().map(customer).collect();
        if !made.is_empty() {
            let keys = app.keys(connection, made.iter().map(|it| it.id)).await?;
            customers::insert(connection, &keys, &made).await?;
            sources::put(connection, &keys, &sources).await?;
        }
        Ok(made)
    }
}

impl Who {
    fn newcomer(&self) -> Option<&Newcomer> {
        match self {
            Self::Customer(_) => None,
            Self::Identified(newcomer) => Some(newcomer),
        }
    }
}

/// What is known of somebody from an activity alone.
fn details(newcomer: &Newcomer) -> Details {
    let Newcomer {
        key,
        verified,
        region_code,
    } = newcomer.clone();
    Details {
        identifiers: vec![Identifier { key, verified }],
        region_code,
        ..Details::default()
    }
}
