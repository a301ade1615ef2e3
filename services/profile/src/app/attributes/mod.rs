//! Attributes: defining them, and what customers have.

mod define;
mod values;

pub(crate) use define::{AttributeError, Change};
pub(crate) use values::announced;

use chassis::{Deadline, Refusal};
use contract::exposure::Class;
use contract::patron::profile::v1 as proto;
use uuid::Uuid;

use super::App;
use super::browse::{Page, with_one_more};
use crate::domain::attribute::definition::{Attribute, Key, Sensitivity};
use crate::domain::attribute::standing;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::attributes;
use crate::store::homes::homes_of;
use crate::wire::attributes as wire;

impl App {
    /// An attribute.
    pub(crate) async fn attribute(
        &self,
        deadline: Deadline,
        key: &Key,
    ) -> Result<Attribute, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let attribute = attributes::get(&mut tx, key).await?;
        Ok(attribute.ok_or_else(|| AttributeError::NotFound(key.clone()))?)
    }

    /// Attributes after one, in the order of their keys.
    pub(crate) async fn attributes(
        &self,
        deadline: Deadline,
        (after, with_archived): (&str, bool),
        size: u16,
    ) -> Result<Page<Attribute>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let scope = (after, with_archived);
        let found = attributes::list(&mut tx, scope, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// The attributes that a customer has.
    pub(crate) async fn customer_attributes(
        &self,
        deadline: Deadline,
        customer: CustomerId,
    ) -> Result<proto::CustomerAttributes, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::customer_not_found)?;
        let said = attributes::kept(&mut tx, &self.keyring, &homes.ids()).await?;
        let kept = standing::latest(said, |id| homes.has(id));
        let keys: Vec<&str> = kept.iter().map(|it| it.key.0.as_str()).collect();
        let known = attributes::named(&mut tx, &keys).await?;
        Ok(wire::standing(homes.profile, &kept, &known))
    }

    /// What happened to the attributes of a customer, the latest first.
    pub(crate) async fn attribute_changes(
        &self,
        deadline: Deadline,
        (customer, before): (CustomerId, Uuid),
        size: u16,
    ) -> Result<Page<wire::Told>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::customer_not_found)?.ids();
        let found =
            attributes::changes(&mut tx, &self.keyring, &homes, before, with_one_more(size))
                .await?;
        let keys: Vec<&str> = found.iter().map(|it| it.key.0.as_str()).collect();
        let known = attributes::named(&mut tx, &keys).await?;
        Ok(Page::cut(wire::told(found, &known), size))
    }
}

/// The class that values of a sensitivity are of; `None`: whoever sees the customer sees them.
pub(crate) fn class_of(sensitivity: Sensitivity) -> Option<Class> {
    match sensitivity {
        Sensitivity::None => None,
        Sensitivity::Contact => Some(Class::Contact),
        Sensitivity::Personal => Some(Class::Personal),
        Sensitivity::Sensitive => Some(Class::Sensitive),
        Sensitivity::FreeText => Some(Class::FreeText),
    }
}
