//! Setting and clearing attributes of customers.

use std::collections::BTreeMap;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use events::NewEvent;
use idempotency::{Claim, Key as RequestKey};
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::app::{App, announce};
use crate::domain::attribute::asked::{Asked, Step};
use crate::domain::attribute::definition::{Attribute, Key};
use crate::domain::attribute::standing::{self, Change};
use crate::domain::ids::CustomerId;
use crate::store::segments::evaluations;
use crate::store::{attributes, contact};
use crate::{refusals, wire};

const UPDATE: &str = "patron.profile.v1.AttributeService/UpdateCustomerAttributes";

impl App {
    /// Sets and clears attributes of a customer, once per `request_id`.
    pub(crate) async fn change_attributes(
        &self,
        deadline: Deadline,
        request: &proto::UpdateCustomerAttributesRequest,
        asked: Asked,
    ) -> Result<Response<proto::CustomerAttributes>, Status> {
        let key = RequestKey::new(&asked.actor, UPDATE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.set_attributes(claimed.transaction(), &asked).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// The same within a transaction.
    pub(crate) async fn set_attributes(
        &self,
        db: &mut PgTransaction<'_>,
        asked: &Asked,
    ) -> Result<proto::CustomerAttributes, Refusal> {
        let keys = asked.keys()?;
        let person = contact::lock_person(db, asked.customer).await?;
        let person = person.ok_or_else(refusals::customer_not_found)?;
        // The oldest id is the one by which the person is known.
        let profile = person.ids.first().copied().unwrap_or(asked.customer);
        let homes: Vec<Uuid> = person.ids.iter().map(|id| id.0).collect();
        let said = attributes::kept(db, &self.keyring, &homes).await?;
        let before = standing::latest(said.clone(), |_| true);
        let of_person = said.iter().map(|it| &it.key);
        let named: Vec<&str> = of_person.chain(keys).map(|key| key.0.as_str()).collect();
        let known = attributes::named(db, &named).await?;
        let by_key: BTreeMap<Key, Attribute> = known
            .iter()
            .map(|it| (it.key.clone(), it.clone()))
            .collect();
        let changes = self.attribute_changes_of(asked, asked.steps(&by_key, &said)?);
        if changes.is_empty() {
            return Ok(wire::attributes::standing(profile, &before, &known));
        }
        let keys = self.keys(db, [asked.customer]).await?;
        attributes::write(db, &keys, &changes).await?;
        evaluations::mark(db, &[profile], self.now()).await?;
        let appended = self.outbox.append_all(db, &announced(&changes)).await;
        appended.map_err(refusals::outbox)?;
        let after = attributes::kept(db, &self.keyring, &homes).await?;
        let after = standing::latest(after, |_| true);
        Ok(wire::attributes::standing(profile, &after, &known))
    }

    fn attribute_changes_of(&self, asked: &Asked, steps: Vec<Step>) -> Vec<Change> {
        let at = self.now();
        let change = |(home, key, value)| Change {
            id: self.clock.new_id(),
            home,
            by: asked.customer,
            key,
            value,
            source: asked.source.clone(),
            actor: asked.actor.clone(),
            at,
        };
        steps.into_iter().map(change).collect()
    }
}

/// What is announced: once for each id at which something happened.
pub(crate) fn announced(changes: &[Change]) -> Vec<NewEvent> {
    let mut by_home: BTreeMap<CustomerId, Vec<String>> = BTreeMap::new();
    for change in changes {
        let keys = by_home.entry(change.home).or_default();
        keys.push(change.key.0.clone());
    }
    let events = by_home.into_iter();
    events
        .map(|(home, keys)| announce::attributes(home, keys))
        .collect()
}
