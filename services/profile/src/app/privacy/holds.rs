//! Legal holds are put on people and taken off.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::ids::CustomerId;
use crate::domain::privacy::hold::{LegalHold, LegalHoldId, Released};
use crate::store::privacy::holds;
use crate::store::{contact, homes};
use crate::{refusals, wire};

const CREATE: &str = "patron.profile.v1.PrivacyService/CreateLegalHold";
const RELEASE: &str = "patron.profile.v1.PrivacyService/ReleaseLegalHold";

impl App {
    /// Puts a legal hold on a person, once per `request_id`.
    pub(crate) async fn create_legal_hold(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::CreateLegalHoldRequest,
        customer: CustomerId,
    ) -> Result<Response<proto::LegalHold>, Status> {
        let key = Key::new(caller, CREATE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let hold = LegalHold {
                    id: LegalHoldId(self.clock.new_id()),
                    customer,
                    reason: request.reason.clone(),
                    created_by: caller.to_owned(),
                    created_at: self.now(),
                    released: None,
                };
                let outcome = self.put_hold(claimed.transaction(), hold, deadline).await;
                claimed.finish(outcome.map(wire::privacy::legal_hold)).await
            }
        }
    }

    /// Takes a legal hold off, once per `request_id`.
    pub(crate) async fn release_legal_hold(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::ReleaseLegalHoldRequest,
        which: (CustomerId, LegalHoldId),
    ) -> Result<Response<proto::LegalHold>, Status> {
        let key = Key::new(caller, RELEASE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let released = Released {
                    at: self.now(),
                    by: caller.to_owned(),
                    reason: request.reason.clone(),
                };
                let outcome = self
                    .release_hold(claimed.transaction(), which, released)
                    .await;
                claimed.finish(outcome.map(wire::privacy::legal_hold)).await
            }
        }
    }

    /// Legal holds of a person, the latest first.
    pub(crate) async fn legal_holds(
        &self,
        deadline: Deadline,
        (customer, before): (CustomerId, LegalHoldId),
        size: u16,
    ) -> Result<Page<LegalHold>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes::homes_of(&mut tx, customer).await?;
        let homes: Vec<Uuid> = homes.ok_or_else(refusals::customer_not_found)?.ids();
        let found =
            holds::list(&mut tx, &self.keyring, &homes, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    async fn put_hold(
        &self,
        db: &mut PgTransaction<'_>,
        hold: LegalHold,
        deadline: Deadline,
    ) -> Result<LegalHold, Refusal> {
        lock(db, hold.customer).await?;
        // Too late: it is being erased already.
        let admitted = erasure::admit(db, hold.customer.0).await;
        admitted.map_err(refusals::database)??;
        let keys = self.keys(db, [hold.customer]).await?;
        holds::insert(db, &keys, &hold).await?;
        self.outwait_removals(db, deadline).await?;
        Ok(hold)
    }

    async fn release_hold(
        &self,
        db: &mut PgTransaction<'_>,
        (customer, id): (CustomerId, LegalHoldId),
        released: Released,
    ) -> Result<LegalHold, Refusal> {
        let homes = lock(db, customer).await?;
        let hold = holds::get(db, &self.keyring, &homes, id).await?;
        let mut hold = hold.ok_or_else(refusals::legal_hold_not_found)?;
        if hold.released.is_none() {
            let keys = self.keys(db, [hold.customer]).await?;
            holds::release(db, &keys, &hold, &released).await?;
            hold.released = Some(released);
        }
        Ok(hold)
    }
}

/// The lock keeps an erasure of the person from beginning at the same moment.
async fn lock(db: &mut PgTransaction<'_>, customer: CustomerId) -> Result<Vec<Uuid>, Refusal> {
    let person = contact::lock_person(db, customer).await?;
    let person = person.ok_or_else(refusals::customer_not_found)?;
    Ok(person.ids.into_iter().map(|id| id.0).collect())
}
