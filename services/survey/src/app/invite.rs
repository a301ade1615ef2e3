use std::collections::HashMap;

use events::NewEvent;
use seal::DataKey;
use seal::store::{KeyError, provide_all};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{App, SurveyError};
use crate::domain::{Asked, Invitation, InvitationId};
use crate::{store, wire};

/// Somebody to be invited, and the trace of the request that is the reason.
pub(crate) struct Asking<'a> {
    pub(crate) asked: Asked,
    pub(crate) traceparent: &'a str,
}

impl App {
    /// Invites customers and announces it, except those whom the same occasion has made invited
    /// before, and those whose processing is restricted or who were erased. Four statements, however many they are.
    pub(crate) async fn invite(
        &self,
        tx: &mut PgTransaction<'_>,
        mut asking: Vec<Asking<'_>>,
    ) -> Result<(), SurveyError> {
        let customers: Vec<Uuid> = asking.iter().map(|one| one.asked.customer.0).collect();
        if !customers.is_empty() {
            let restricted = persons::restricted_among(tx, &customers)
                .await
                .map_err(store::StoreError::from)?;
            asking.retain(|one| !restricted.contains(&one.asked.customer.0));
        }
        let keys = self.keys(tx, &mut asking).await?;
        if asking.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let with_id = |asking| (InvitationId(self.clock.new_id()), asking);
        let asking: Vec<(InvitationId, Asking<'_>)> = asking.into_iter().map(with_id).collect();
        let rows: Vec<(InvitationId, &Asked)> =
            asking.iter().map(|(id, one)| (*id, &one.asked)).collect();
        let versions = store::invitations::insert(tx, &keys, &rows, now).await?;
        let announcements = asking.into_iter().filter_map(|(id, one)| {
            let invitation = one.asked.invitation(id, *versions.get(&id.0)?, now);
            Some(announcement(&invitation).in_trace(one.traceparent))
        });
        let announcements: Vec<NewEvent> = announcements.collect();
        Ok(self.outbox.append_all(tx, &announcements).await?)
    }

    /// The keys of those who are asked. Whoever was erased has none, and is taken out.
    async fn keys(
        &self,
        tx: &mut PgTransaction<'_>,
        asking: &mut Vec<Asking<'_>>,
    ) -> Result<HashMap<Uuid, DataKey>, store::StoreError> {
        let mut keys = HashMap::new();
        while keys.is_empty() && !asking.is_empty() {
            let customers: Vec<Uuid> = asking.iter().map(|one| one.asked.customer.0).collect();
            match provide_all(tx, &self.keyring, &customers, self.now()).await {
                Ok(provided) => keys = provided,
                Err(KeyError::Erased { customer_id }) => {
                    asking.retain(|one| one.asked.customer.0 != customer_id);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(keys)
    }
}

fn announcement(invitation: &Invitation) -> NewEvent {
    let created = wire::events::created(invitation);
    NewEvent::about(invitation.id.0, Some(invitation.customer.0), &created)
        .occurred_at(invitation.created_at)
}
