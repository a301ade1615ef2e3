//! `ConsentService`.

use chassis::paging::PageTokens;
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::consent_service_server::ConsentService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked, ById};
use crate::app::App;
use crate::app::contact::update_consents::Changes;
use crate::store::contact::statements::Recorded;
use crate::wire;
use crate::wire::contact::consents;

const LIST: &str = "patron.profile.v1.ConsentService/ListConsentStatements";

/// The server of `ConsentService`.
#[derive(Clone, Debug)]
pub(crate) struct Consents {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl ConsentService for Consents {
    async fn get_preferences(
        &self,
        request: Request<proto::GetPreferencesRequest>,
    ) -> Result<Response<proto::Preferences>, Status> {
        let deadline = deadline(&request);
        let id = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let preferences = self
            .app
            .preferences(deadline, id.map_err(Refusal::from)?)
            .await?;
        Ok(Response::new(preferences))
    }

    async fn update_consents(
        &self,
        request: Request<proto::UpdateConsentsRequest>,
    ) -> Result<Response<proto::UpdateConsentsResponse>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let changes = self.decode(&request)?;
        self.app
            .update_consents(&caller, deadline, &request, changes)
            .await
    }

    async fn confirm_opt_in(
        &self,
        request: Request<proto::ConfirmOptInRequest>,
    ) -> Result<Response<proto::Preference>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let proto::ConfirmOptInRequest { token, evidence } = request.into_inner();
        wire::text("evidence", &evidence).map_err(Refusal::from)?;
        let confirmed = self
            .app
            .confirm_opt_in(&caller, deadline, &token, evidence)
            .await?;
        Ok(Response::new(confirmed))
    }

    async fn list_consent_statements(
        &self,
        request: Request<proto::ListConsentStatementsRequest>,
    ) -> Result<Response<proto::ListConsentStatementsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = Asked {
            method: LIST,
            customer_id: &request.customer_id,
            page_size: request.page_size,
            page_token: &request.page_token,
        };
        let ById {
            customer,
            last,
            size,
        } = asked.by_id(&self.pages)?;
        let before = last.unwrap_or(Uuid::max());
        let page = self
            .app
            .consent_statements(deadline, customer, before, size)
            .await?;
        let place = |recorded: &Recorded| recorded.statement.id.0;
        let (statements, next_page_token) =
            asked.answer(&self.pages, page, place, consents::statement)?;
        Ok(Response::new(proto::ListConsentStatementsResponse {
            statements,
            next_page_token,
        }))
    }
}

impl Consents {
    fn decode(&self, request: &proto::UpdateConsentsRequest) -> Result<Changes, Refusal> {
        let read = (self.app.now(), self.app.country);
        let sent = request.changes.iter().cloned().enumerate();
        let changes = sent.map(|(at, change)| {
            consents::decode(change, read).map_err(|it| it.within(format!("changes[{at}]")))
        });
        Ok(Changes {
            customer: wire::customer_id("customer_id", &request.customer_id)?,
            changes: changes.collect::<Result<_, _>>()?,
        })
    }
}
