use chassis::paging::{Scope, page_size};
use chassis::{Confined, Refusal};
use contract::patron::survey::v1::{
    GetInvitationRequest, Invitation as WireInvitation, ListInvitationsRequest,
    ListInvitationsResponse,
};

use super::{App, SurveyError, page};
use crate::domain::{CustomerId, Invitation, InvitationId};
use crate::store::StoreError;
use crate::store::invitations::{Filter, Place};
use crate::{store, wire};

/// Most invitations of a page.
const PAGE: u16 = 500;
const LIST: &str = "patron.survey.v1.SurveyService/ListInvitations";

impl App {
    /// Reads an invitation.
    pub(crate) async fn get_invitation(
        &self,
        request: &GetInvitationRequest,
    ) -> Result<WireInvitation, Refusal> {
        let id = InvitationId(wire::identifier("invitation_id", &request.invitation_id)?);
        let invitation = self.find_invitation(id).await?;
        Ok(wire::invitations::invitation(&invitation))
    }

    pub(super) async fn find_invitation(
        &self,
        id: InvitationId,
    ) -> Result<Invitation, SurveyError> {
        let mut db = self.snapshot().await?;
        let invitation = store::invitations::find(&mut db, &self.keyring, id).await?;
        invitation.ok_or(SurveyError::InvitationNotFound)
    }

    /// Lists invitations, the latest first. For who is confined, those of customers within reach.
    pub(crate) async fn list_invitations(
        &self,
        request: &ListInvitationsRequest,
        confined: Option<&Confined>,
    ) -> Result<ListInvitationsResponse, Refusal> {
        let filters = [
            request.customer_id.as_str(),
            request.questionnaire_id.as_str(),
            request.state().as_str_name(),
        ];
        let scope = Scope {
            method: LIST,
            filters: &filters,
        };
        let after = self.pages.decode(scope, &request.page_token)?;
        let most = confined.map_or(PAGE, |_| Confined::PAGE);
        let size = page_size(request.page_size, 50, most);
        let filter = Filter {
            within: confined.map(Confined::reach),
            ..filter(request)?
        };
        let which = (customer(&request.customer_id)?, filter);
        let mut listed = self.invitations(which, after, size).await?;
        let last = page::cut(&mut listed, size).map(Place::of);
        let next_page_token = last
            .map(|place| self.pages.encode(scope, &place))
            .transpose()?;
        if let Some(confined) = confined {
            let customer = |it: &Invitation| it.customer.0.to_string();
            listed = confined.within(listed, customer).await?;
        }
        Ok(ListInvitationsResponse {
            invitations: listed.iter().map(wire::invitations::invitation).collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        })
    }

    /// One more than the page holds. A customer's are those of all ids of the person.
    async fn invitations(
        &self,
        (customer, filter): (Option<CustomerId>, Filter<'_>),
        after: Option<Place>,
        size: u16,
    ) -> Result<Vec<Invitation>, SurveyError> {
        let mut db = self.snapshot().await?;
        let ids = match customer {
            Some(CustomerId(id)) => {
                let ids = persons::ids_of(&mut *db, id).await;
                Some(ids.map_err(StoreError::from)?)
            }
            None => None,
        };
        let filter = Filter {
            customers: ids.as_deref(),
            ..filter
        };
        let most = i64::from(size) + 1;
        Ok(store::invitations::list(&mut db, &self.keyring, filter, after, most).await?)
    }
}

fn customer(id: &str) -> Result<Option<CustomerId>, Refusal> {
    if id.is_empty() {
        return Ok(None);
    }
    Ok(Some(CustomerId(wire::identifier("customer_id", id)?)))
}

/// All but whose they may be.
fn filter(request: &ListInvitationsRequest) -> Result<Filter<'_>, Refusal> {
    let given = |text: &str| !text.is_empty();
    wire::storable("questionnaire_id", &request.questionnaire_id)?;
    Ok(Filter {
        customers: None,
        within: None,
        questionnaire_id: Some(request.questionnaire_id.as_str()).filter(|id| given(id)),
        state: wire::invitations::state_filter(request.state()),
    })
}
