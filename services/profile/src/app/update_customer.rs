//! Changing a customer.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::App;
use super::identity::tell::{Listed, Taken};
use super::identity::{Person, trust};
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::{CRM, Source, SourceId};
use crate::domain::identity::tell::Told;
use crate::domain::ids::CustomerId;
use crate::domain::points::phone::Country;
use crate::wire;

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
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.update(claimed.transaction(), update).await;
                let answer = claimed.finish(outcome.map(wire::customers::encode)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    pub(super) async fn update(
        &self,
        db: &mut PgTransaction<'_>,
        update: Update,
    ) -> Result<Customer, Refusal> {
        let Update {
            id,
            etag,
            fields,
            sent,
        } = update;
        let person = Person::lock(db, &self.keyring, id).await?;
        person.customer.check_etag(&etag)?;
        let mut said = sent.only(&fields);
        let region = &person.customer.details.region_code;
        said.read_points(Country::named(region).or(self.country));
        said.check().map_err(|invalid| invalid.within("customer"))?;
        let now = self.now();
        let crm = (CRM, id.0.to_string());
        let crm = Source::new(SourceId(self.clock.new_id()), id, crm, now);
        let told = Told {
            fields: &fields,
            details: &said,
            observed_at: now,
        };
        let listed = Listed {
            identifiers: &said.identifiers,
            taken: Taken::Refused("customer"),
        };
        let amend = |profile: &mut Profile, crm| profile.amend(crm, told, &trust());
        let (customer, _) = self.tell(db, person, (crm, listed), amend).await?;
        Ok(customer)
    }
}
