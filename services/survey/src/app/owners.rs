use chassis::{Owner, Refusal, Resource};

use super::{App, SurveyError};
use crate::domain::InvitationId;

/// The field by which requests name an invitation, and its answer.
const INVITATION: &str = "invitation_id";

impl App {
    /// Whose the invitations are that a request names.
    pub(crate) async fn owners(&self, named: Vec<Resource>) -> Result<Vec<Owner>, Refusal> {
        let invitations = named.into_iter().filter(|it| it.field == INVITATION);
        let mut owners = Vec::new();
        for invitation in invitations {
            let id = invitation.id.parse();
            let id = id.map_err(|_| SurveyError::InvitationNotFound)?;
            let found = self.find_invitation(InvitationId(id)).await?;
            owners.push(Owner {
                customer: found.customer.0.to_string(),
                missing: SurveyError::InvitationNotFound.into(),
            });
        }
        Ok(owners)
    }
}
