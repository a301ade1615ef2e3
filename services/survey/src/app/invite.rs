use events::NewEvent;
use sqlx::PgTransaction;

use super::{App, SurveyError};
use crate::domain::{Asked, Invitation, InvitationId};
use crate::{store, wire};

impl App {
    /// Invites a customer and announces it, unless the same occasion has done so before.
    pub(crate) async fn invite(
        &self,
        tx: &mut PgTransaction<'_>,
        asked: Asked,
    ) -> Result<(), SurveyError> {
        let (id, now) = (InvitationId(self.clock.new_id()), self.now());
        if let Some(version) = store::invitations::insert(tx, id, &asked, now).await? {
            let invitation = asked.invitation(id, version, now);
            self.outbox.append(tx, announcement(&invitation)).await?;
        }
        Ok(())
    }
}

fn announcement(invitation: &Invitation) -> NewEvent {
    let created = wire::events::created(invitation);
    NewEvent::about(invitation.id.0, Some(invitation.customer.0), &created)
        .occurred_at(invitation.created_at)
}
