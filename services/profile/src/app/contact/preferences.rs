//! What a customer allows, and what the customer has said.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use uuid::Uuid;

use super::ContactError;
use super::policy::InForce;
use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::contact::change::all_topics;
use crate::domain::contact::consent::Said;
use crate::domain::contact::policy::Policy;
use crate::domain::ids::CustomerId;
use crate::store::contact;
use crate::store::contact::statements::{self, Recorded};
use crate::wire::contact::consents::preference;

impl App {
    /// What a customer allows now.
    pub(crate) async fn preferences(
        &self,
        deadline: Deadline,
        id: CustomerId,
    ) -> Result<proto::Preferences, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let person = contact::person(&mut tx, id).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let in_force = InForce::read(&mut tx).await?;
        let said = statements::newest(&mut tx, &person.ids, None).await?;
        Ok(all(id, &in_force.policy, &said, self.now()))
    }

    /// What a customer has said, the latest recorded first.
    pub(crate) async fn consent_statements(
        &self,
        deadline: Deadline,
        id: CustomerId,
        before: Uuid,
        size: u16,
    ) -> Result<Page<Recorded>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let person = contact::person(&mut tx, id).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let found = statements::list(
            &mut tx,
            &self.keyring,
            &person.ids,
            before,
            with_one_more(size),
        )
        .await?;
        Ok(Page::cut(found, size))
    }
}

/// The state of every topic.
pub(super) fn all(
    id: CustomerId,
    policy: &Policy,
    said: &Said,
    now: Timestamp,
) -> proto::Preferences {
    let topics = all_topics(policy, said);
    let preferences = topics
        .iter()
        .map(|topic| preference(topic, said.standing(topic, now)));
    proto::Preferences {
        customer_id: id.0.to_string(),
        preferences: preferences.collect(),
    }
}
