//! What becomes of a reservation, and reading what became of all.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use seal::Keyring;
use sqlx::{PgConnection, Postgres, Transaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::{ContactError, announce};
use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::contact::ledger::Contact;
use crate::domain::contact::topic::ContactId;
use crate::domain::ids::CustomerId;
use crate::store::contact::{self, contacts};
use crate::wire::contact::contacts as wire;

const CONFIRM: &str = "patron.profile.v1.ContactService/ConfirmContact";
const RELEASE: &str = "patron.profile.v1.ContactService/ReleaseContact";

/// A contact of a customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Which {
    pub(crate) customer: CustomerId,
    pub(crate) contact: ContactId,
}

impl App {
    /// Confirms that a message is being sent, once per `request_id`.
    pub(crate) async fn confirm_contact(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::ConfirmContactRequest,
        which: Which,
    ) -> Result<Response<proto::Contact>, Status> {
        let key = Key::new(caller, CONFIRM, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.confirm_reserved(claimed.transaction(), which).await;
                let answer = claimed.finish(outcome.map_err(Refusal::from)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Gives a reservation back, once per `request_id`.
    pub(crate) async fn release_contact(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::ReleaseContactRequest,
        which: Which,
    ) -> Result<Response<proto::Contact>, Status> {
        let key = Key::new(caller, RELEASE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.release_reserved(claimed.transaction(), which).await;
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }

    /// Contacts of a customer, the latest reserved first.
    pub(crate) async fn contacts(
        &self,
        deadline: Deadline,
        customer: CustomerId,
        before: Uuid,
        size: u16,
    ) -> Result<Page<Contact>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let person = contact::person(&mut tx, customer).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let found = contacts::list(
            &mut tx,
            &self.keyring,
            &person.ids,
            before,
            with_one_more(size),
        )
        .await?;
        Ok(Page::cut(found, size))
    }

    async fn confirm_reserved(
        &self,
        tx: &mut Transaction<'static, Postgres>,
        which: Which,
    ) -> Result<proto::Contact, ContactError> {
        let mut contact = lock(tx, &self.keyring, which).await?;
        let now = self.now();
        let is_new = contact.confirm(now)?;
        if is_new {
            contacts::end(tx, &contact).await?;
        }
        let home = contact.customer;
        let confirmed = wire::contact(contact, now);
        if is_new {
            let event = announce::contact_confirmed(home, confirmed.clone());
            self.outbox.append_all(tx, &[event]).await?;
        }
        Ok(confirmed)
    }

    async fn release_reserved(
        &self,
        connection: &mut PgConnection,
        which: Which,
    ) -> Result<proto::Contact, ContactError> {
        let mut contact = lock(connection, &self.keyring, which).await?;
        let now = self.now();
        if contact.release(now)? {
            contacts::end(connection, &contact).await?;
        }
        Ok(wire::contact(contact, now))
    }
}

/// Reads a contact under the lock of its customer.
async fn lock(
    connection: &mut PgConnection,
    keyring: &Keyring,
    which: Which,
) -> Result<Contact, ContactError> {
    let person = contact::lock_person(connection, which.customer).await?;
    let person = person.ok_or(ContactError::CustomerNotFound)?;
    let contact = contacts::get(connection, keyring, &person.ids, which.contact).await?;
    contact.ok_or(ContactError::ContactNotFound)
}
