//! `ContactService`.

use chassis::paging::PageTokens;
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::contact_service_server::ContactService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked, ById};
use crate::app::App;
use crate::app::contact::check_contact::Ask;
use crate::app::contact::end_contact::Which;
use crate::domain::contact::ledger::Contact;
use crate::domain::contact::topic::ContactId;
use crate::domain::invalid::{Invalid, Problem};
use crate::metrics::Decisions;
use crate::wire;
use crate::wire::contact::{contacts, policy};

const LIST: &str = "patron.profile.v1.ContactService/ListContacts";

/// The server of `ContactService`.
#[derive(Clone, Debug)]
pub(crate) struct Contacts {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
    pub(crate) metrics: Decisions,
}

#[tonic::async_trait]
impl ContactService for Contacts {
    async fn get_contact_policy(
        &self,
        request: Request<proto::GetContactPolicyRequest>,
    ) -> Result<Response<proto::ContactPolicy>, Status> {
        let policy = self.app.contact_policy(deadline(&request)).await?;
        Ok(Response::new(policy))
    }

    async fn update_contact_policy(
        &self,
        request: Request<proto::UpdateContactPolicyRequest>,
    ) -> Result<Response<proto::ContactPolicy>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.policy.clone().unwrap_or_default();
        let policy = policy::decode(sent).map_err(|it| Refusal::from(it.within("policy")))?;
        self.app
            .update_contact_policy(&caller, deadline, &request, policy)
            .await
    }

    async fn check_contact(
        &self,
        request: Request<proto::CheckContactRequest>,
    ) -> Result<Response<proto::ContactDecision>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let ask = ask(&request)?;
        let answer = self
            .app
            .check_contact(&caller, deadline, &request, ask)
            .await?;
        if !request.validate_only {
            self.metrics
                .count(&request.purpose, &request.channel, answer.get_ref());
        }
        Ok(answer)
    }

    async fn confirm_contact(
        &self,
        request: Request<proto::ConfirmContactRequest>,
    ) -> Result<Response<proto::Contact>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let which = which(&request.customer_id, &request.contact_id)?;
        self.app
            .confirm_contact(&caller, deadline, &request, which)
            .await
    }

    async fn release_contact(
        &self,
        request: Request<proto::ReleaseContactRequest>,
    ) -> Result<Response<proto::Contact>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let which = which(&request.customer_id, &request.contact_id)?;
        self.app
            .release_contact(&caller, deadline, &request, which)
            .await
    }

    async fn list_contacts(
        &self,
        request: Request<proto::ListContactsRequest>,
    ) -> Result<Response<proto::ListContactsResponse>, Status> {
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
        let page = self.app.contacts(deadline, customer, before, size).await?;
        let now = self.app.now();
        let place = |contact: &Contact| contact.id.0;
        let encode = |contact| contacts::contact(contact, now);
        let (contacts, next_page_token) = asked.answer(&self.pages, page, place, encode)?;
        Ok(Response::new(proto::ListContactsResponse {
            contacts,
            next_page_token,
        }))
    }
}

fn ask(request: &proto::CheckContactRequest) -> Result<Ask, Refusal> {
    wire::text("reference", &request.reference)?;
    Ok(Ask {
        customer: wire::customer_id("customer_id", &request.customer_id)?,
        topic: wire::contact::topic(request.purpose.clone(), request.channel.clone()),
        reference: request.reference.clone(),
    })
}

fn which(customer_id: &str, contact_id: &str) -> Result<Which, Refusal> {
    let contact = Uuid::try_parse(contact_id);
    let contact = contact.map_err(|_| Invalid::new("contact_id", Problem::Missing))?;
    Ok(Which {
        customer: wire::customer_id("customer_id", customer_id)?,
        contact: ContactId(contact),
    })
}
