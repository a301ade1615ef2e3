//! Creating a customer.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::{Postgres, Transaction};
use tonic::{Response, Status};

use super::{App, announce};
use crate::domain::customer::{Customer, Details};
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::CustomerId;
use crate::store::{customers, identifiers};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.CustomerService/CreateCustomer";

impl App {
    /// Creates the customer of these details, once per `request_id`.
    pub(crate) async fn create_customer(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::CreateCustomerRequest,
        details: Details,
    ) -> Result<Response<proto::Customer>, Status> {
        let now = self.now();
        let customer = Customer::create(CustomerId(self.clock.new_id()), details, now);
        if request.validate_only {
            return Ok(Response::new(self.try_create(deadline, customer).await?));
        }
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match idempotency::claim(&self.db, deadline, key, request, now).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.create(claimed.transaction(), customer).await;
                let answer = claimed.finish(outcome.map(wire::customers::encode)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Does all of it and takes it back. The id and version are not told: they will never be.
    async fn try_create(
        &self,
        deadline: Deadline,
        customer: Customer,
    ) -> Result<proto::Customer, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let created = wire::customers::encode(self.create(&mut tx, customer).await?);
        Ok(proto::Customer {
            customer_id: String::new(),
            etag: String::new(),
            ..created
        })
    }

    async fn create(
        &self,
        tx: &mut Transaction<'static, Postgres>,
        customer: Customer,
    ) -> Result<Customer, Refusal> {
        let all = &customer.details.identifiers;
        let keys = all
            .iter()
            .map(|identifier| identifier.key.clone())
            .collect();
        take_identifiers(tx, customer.id, keys, all).await?;
        customers::insert(tx, std::slice::from_ref(&customer)).await?;
        let event = announce::created(&customer);
        self.outbox
            .append(tx, event)
            .await
            .map_err(refusals::outbox)?;
        Ok(customer)
    }
}

/// Makes these identifiers the customer's. `listed` is where they stand in the request.
pub(super) async fn take_identifiers(
    tx: &mut Transaction<'static, Postgres>,
    customer: CustomerId,
    mut keys: Vec<IdentifierKey>,
    listed: &[Identifier],
) -> Result<(), Refusal> {
    if keys.is_empty() {
        return Ok(());
    }
    keys.sort();
    let claims: Vec<_> = keys.into_iter().map(|key| (key, customer)).collect();
    let claimed = identifiers::claim(tx, &claims).await?;
    let lost = claims.iter().find(|(key, _)| !claimed.contains(key));
    lost.map_or(Ok(()), |(key, _)| {
        let place = listed.iter().position(|identifier| identifier.key == *key);
        Err(refusals::identifier_taken(
            &key.kind,
            place.unwrap_or_default(),
        ))
    })
}
