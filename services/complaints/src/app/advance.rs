use events::NewEvent;
use sqlx::PgTransaction;

use super::{App, CaseError};
use crate::domain::{Case, CaseId, Change, Entry};
use crate::store;
use crate::wire::{cases, events as announcements};

/// Something that is to happen to a case.
pub(super) struct Step<'a> {
    pub(super) case: CaseId,
    pub(super) change: Change,
    /// The subject of who does it.
    pub(super) actor: &'a str,
    /// The version that they have seen; empty when they do not care.
    pub(super) etag: &'a str,
}

impl App {
    /// Lets it happen: the entry in the log, where the case then stands, and the event.
    pub(super) async fn advance(
        &self,
        tx: &mut PgTransaction<'_>,
        step: Step<'_>,
    ) -> Result<(Case, Entry), CaseError> {
        let before = store::cases::lock(tx, &self.keyring, step.case)
            .await?
            .ok_or(CaseError::NotFound)?;
        if !step.etag.is_empty() && step.etag != cases::etag(&before) {
            return Err(CaseError::EtagMismatch);
        }
        let first_response = before.progress.awaits_response(&step.change);
        let (entry, progress) = before
            .progress
            .advance(step.change, self.stamp(step.actor))?;
        let case = Case { progress, ..before };
        let key = self.key(tx, &case, &entry).await?;
        let of = (case.opening.customer, case.id);
        store::log::append(tx, key.as_ref(), of, &entry).await?;
        store::cases::update(tx, key.as_ref(), &case).await?;
        self.outbox
            .append(tx, announcement(&case, &entry, first_response))
            .await?;
        Ok((case, entry))
    }
}

/// What others are told of an entry.
pub(super) fn announcement(case: &Case, entry: &Entry, first_response: bool) -> NewEvent {
    let (subject, customer) = (case.id.0, Some(case.opening.customer.0));
    let event = match &entry.change {
        Change::Opened { .. } => NewEvent::about(subject, customer, &announcements::opened(case)),
        Change::Message(message) => {
            let added = announcements::message_added(case, entry, message.kind, first_response);
            NewEvent::about(subject, customer, &added)
        }
        Change::Resolved { .. } => {
            NewEvent::about(subject, customer, &announcements::resolved(case))
        }
        Change::Closed => NewEvent::about(subject, customer, &announcements::closed(case)),
        Change::Reopened { .. } => {
            NewEvent::about(subject, customer, &announcements::reopened(case))
        }
    };
    event.occurred_at(entry.at)
}
