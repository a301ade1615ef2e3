//! Creating a customer.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::identity::tell::{Listed, Taken, take};
use super::identity::trust;
use super::{App, announce};
use crate::domain::customer::{Customer, Details};
use crate::domain::identity::golden::Golden;
use crate::domain::identity::source::{CRM, Source, SourceId};
use crate::domain::ids::CustomerId;
use crate::store::segments::evaluations;
use crate::store::{customers, sources};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.CustomerService/CreateCustomer";
/// An operator is told of identifiers that others have.
const TOLD: Taken = Taken::Refused("customer");

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
        let id = CustomerId(self.clock.new_id());
        let crm = Source::new(
            SourceId(self.clock.new_id()),
            id,
            (CRM, id.0.to_string()),
            now,
        );
        let crm = crm.saying(&details, now);
        if request.validate_only {
            return Ok(Response::new(self.try_create(deadline, crm).await?));
        }
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.found(claimed.transaction(), crm, TOLD).await;
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
        crm: Source,
    ) -> Result<proto::Customer, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let created = wire::customers::encode(self.found(&mut tx, crm, TOLD).await?);
        Ok(proto::Customer {
            customer_id: String::new(),
            etag: String::new(),
            ..created
        })
    }

    /// Makes the customer of whom a source is the first to tell, and announces it.
    pub(super) async fn found(
        &self,
        db: &mut PgTransaction<'_>,
        source: Source,
        taken: Taken,
    ) -> Result<Customer, Refusal> {
        let customer = self.found_quietly(db, source, taken).await?;
        let event = announce::created(&customer);
        let appended = self.outbox.append(db, event).await;
        appended.map_err(refusals::outbox)?;
        Ok(customer)
    }

    /// The same without a word to others.
    pub(super) async fn found_quietly(
        &self,
        db: &mut PgTransaction<'_>,
        source: Source,
        taken: Taken,
    ) -> Result<Customer, Refusal> {
        let golden = Golden::of(std::slice::from_ref(&source), &trust());
        let named = golden.details.identifiers.iter().map(|it| &it.key);
        self.refuse_suppressed(db, named).await?;
        let customer = Customer::create(source.home, golden, source.record_time);
        let identifiers = &customer.details.identifiers;
        let keys = identifiers.iter().map(|it| it.key.clone()).collect();
        let listed = Listed { identifiers, taken };
        take(
            db,
            &self.keyring,
            (&customer.homes(), customer.id),
            keys,
            listed,
        )
        .await?;
        let keys = self.keys(db, [customer.id]).await?;
        customers::insert(db, &keys, std::slice::from_ref(&customer)).await?;
        sources::put(db, &keys, &[source]).await?;
        evaluations::mark(db, &[customer.id], self.now()).await?;
        Ok(customer)
    }
}
