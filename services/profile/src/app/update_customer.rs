//! Changing a customer.

use std::collections::BTreeSet;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::{Postgres, Transaction};
use tonic::{Response, Status};

use super::create_customer::take_identifiers;
use super::{App, announce};
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::CustomerId;
use crate::store::{customers, identifiers};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.CustomerService/UpdateCustomer";

/// A change that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) id: CustomerId,
    /// Empty: whatever the version.
    pub(crate) etag: String,
    pub(crate) fields: Vec<Field>,
    /// Holds the new values of `fields`.
    pub(crate) sent: Details,
}

impl App {
    /// Changes a customer, once per `request_id`.
    pub(crate) async fn update_customer(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UpdateCustomerRequest,
        update: Update,
    ) -> Result<Response<proto::Customer>, Status> {
        if request.validate_only {
            // Does all of it and takes it back.
            let mut tx = self.begin(deadline).await?;
            let customer = self.update(&mut tx, update).await?;
            return Ok(Response::new(wire::customers::encode(customer)));
        }
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match idempotency::claim(&self.db, deadline, key, request, self.now()).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.update(claimed.transaction(), update).await;
                let answer = claimed.finish(outcome.map(wire::customers::encode)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn update(
        &self,
        tx: &mut Transaction<'static, Postgres>,
        update: Update,
    ) -> Result<Customer, Refusal> {
        let customer = customers::lock(tx, update.id).await?;
        let mut customer = customer.ok_or_else(refusals::customer_not_found)?;
        customer.check_etag(&update.etag)?;
        let before = customer.details.identifiers.clone();
        let changed = customer.update(&update.fields, &update.sent, self.now());
        if changed.is_empty() {
            return Ok(customer);
        }
        customer
            .details
            .check()
            .map_err(|invalid| invalid.within("customer"))?;
        if changed.contains(&Field::Identifiers) {
            exchange_identifiers(tx, &before, &customer).await?;
        }
        customers::update(tx, &customer).await?;
        let event = announce::updated(customer.id, &changed);
        self.outbox
            .append(tx, event)
            .await
            .map_err(refusals::outbox)?;
        Ok(customer)
    }
}

/// Takes the identifiers that are new and gives up those that are no more.
async fn exchange_identifiers(
    tx: &mut Transaction<'static, Postgres>,
    before: &[Identifier],
    customer: &Customer,
) -> Result<(), Refusal> {
    let listed = &customer.details.identifiers;
    let (old, new) = (keys(before), keys(listed));
    let gone: Vec<_> = old.difference(&new).map(|key| (*key).clone()).collect();
    let added = new.difference(&old).map(|key| (*key).clone()).collect();
    take_identifiers(tx, customer.id, added, listed).await?;
    if !gone.is_empty() {
        identifiers::release(tx, &gone).await?;
    }
    Ok(())
}

fn keys(identifiers: &[Identifier]) -> BTreeSet<&IdentifierKey> {
    identifiers
        .iter()
        .map(|identifier| &identifier.key)
        .collect()
}
