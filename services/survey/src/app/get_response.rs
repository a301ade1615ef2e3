use chassis::Refusal;
use contract::patron::survey::v1::{GetResponseRequest, Response as WireResponse};

use super::{App, SurveyError};
use crate::domain::{InvitationId, Response};
use crate::{store, wire};

impl App {
    /// Reads the answer to an invitation.
    pub(crate) async fn get_response(
        &self,
        request: &GetResponseRequest,
    ) -> Result<WireResponse, Refusal> {
        let id = InvitationId(wire::identifier("invitation_id", &request.invitation_id)?);
        let response = self.find_response(id).await?;
        Ok(wire::responses::response(&response))
    }

    async fn find_response(&self, id: InvitationId) -> Result<Response, SurveyError> {
        let mut db = self.snapshot().await?;
        let invitation = store::invitations::find(&mut db, &self.keyring, id).await?;
        let customer = invitation.ok_or(SurveyError::InvitationNotFound)?.customer;
        let response = store::responses::find(&mut db, &self.keyring, customer, id).await?;
        response.ok_or(SurveyError::ResponseNotFound)
    }
}
