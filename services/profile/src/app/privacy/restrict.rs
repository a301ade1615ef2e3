//! Restrictions are put on people and lifted.
//!
//! Whoever processes people asks for them where it decides: contacts, segments, the match policy, exports and
//! previews. The other services are told.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use seal::Keyring;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::app::browse::{Page, with_one_more};
use crate::app::{App, announce};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::domain::privacy::restriction::{Ground, Lifted, Restriction, RestrictionId};
use crate::store::privacy::restrictions;
use crate::store::segments::evaluations;
use crate::store::{customers, homes};
use crate::{refusals, wire};

const RESTRICT: &str = "patron.profile.v1.RestrictionService/RestrictCustomer";
const LIFT: &str = "patron.profile.v1.RestrictionService/LiftRestriction";

impl App {
    /// Puts a restriction on a person, once per `request_id`.
    pub(crate) async fn restrict(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::RestrictCustomerRequest,
        (customer, ground): (CustomerId, Ground),
    ) -> Result<Response<proto::Restriction>, Status> {
        let key = Key::new(caller, RESTRICT, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let restriction = Restriction {
                    id: RestrictionId(self.clock.new_id()),
                    customer,
                    ground,
                    created_by: caller.to_owned(),
                    created_at: self.now(),
                    lifted: None,
                };
                let outcome = self
                    .put_restriction(claimed.transaction(), restriction)
                    .await;
                let outcome = outcome.map(wire::restrictions::encode);
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Takes a restriction off, once per `request_id`.
    pub(crate) async fn lift_restriction(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::LiftRestrictionRequest,
        which: (CustomerId, RestrictionId),
    ) -> Result<Response<proto::Restriction>, Status> {
        let key = Key::new(caller, LIFT, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let lifted = Lifted {
                    at: self.now(),
                    by: caller.to_owned(),
                    reason: request.reason.clone(),
                };
                let outcome = self
                    .take_restriction_off(claimed.transaction(), which, lifted)
                    .await;
                let outcome = outcome.map(wire::restrictions::encode);
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Restrictions of a person, the latest first, and whether one holds.
    pub(crate) async fn restrictions(
        &self,
        deadline: Deadline,
        (customer, before): (CustomerId, RestrictionId),
        size: u16,
    ) -> Result<(Page<Restriction>, bool), Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes::homes_of(&mut tx, customer).await?;
        let homes: Vec<Uuid> = homes.ok_or_else(refusals::customer_not_found)?.ids();
        let found =
            restrictions::list(&mut tx, &self.keyring, &homes, before, with_one_more(size)).await?;
        let is_restricted = restrictions::is_any(&mut tx, &homes).await?;
        Ok((Page::cut(found, size), is_restricted))
    }

    async fn put_restriction(
        &self,
        db: &mut PgTransaction<'_>,
        restriction: Restriction,
    ) -> Result<Restriction, Refusal> {
        let person = lock(db, &self.keyring, restriction.customer).await?;
        // Too late: it is being erased already.
        let admitted = erasure::admit(db, restriction.customer.0).await;
        admitted.map_err(refusals::database)??;
        let was = restrictions::is_any(db, &[restriction.customer.0]).await?;
        restrictions::insert(db, &restriction).await?;
        if !was {
            let event = announce::restricted(restriction.customer, &person.homes().ids());
            self.decide_anew(db, person.id, event).await?;
        }
        Ok(restriction)
    }

    async fn take_restriction_off(
        &self,
        db: &mut PgTransaction<'_>,
        (customer, id): (CustomerId, RestrictionId),
        lifted: Lifted,
    ) -> Result<Restriction, Refusal> {
        let person = lock(db, &self.keyring, customer).await?;
        let homes = person.homes().ids();
        let found = restrictions::get(db, &self.keyring, &homes, id).await?;
        let mut restriction = found.ok_or_else(refusals::restriction_not_found)?;
        if restriction.lifted.is_some() {
            return Ok(restriction);
        }
        let keys = self.keys(db, [restriction.customer]).await?;
        restrictions::lift(db, &keys, &restriction, &lifted).await?;
        restriction.lifted = Some(lifted);
        if !restrictions::is_any(db, &[restriction.customer.0]).await? {
            let event = announce::unrestricted(restriction.customer, &homes);
            self.decide_anew(db, person.id, event).await?;
        }
        Ok(restriction)
    }

    /// What is decided of the person is decided anew, here and by those who hear of it.
    async fn decide_anew(
        &self,
        db: &mut PgTransaction<'_>,
        person: CustomerId,
        event: events::NewEvent,
    ) -> Result<(), Refusal> {
        evaluations::mark(db, &[person], self.now()).await?;
        let appended = self.outbox.append(db, event).await;
        appended.map_err(refusals::outbox)
    }
}

/// The lock puts decisions about the person before or behind it.
async fn lock(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    customer: CustomerId,
) -> Result<Customer, Refusal> {
    let locked = customers::lock_all(db, keyring, &[customer]).await?;
    let person = locked.and_then(|mut locked| locked.pop());
    person.ok_or_else(refusals::customer_not_found)
}
