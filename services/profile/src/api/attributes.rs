//! `AttributeService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::attribute_service_server::AttributeService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked as List, ById, DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::attributes::Change;
use crate::domain::attribute::asked::Asked;
use crate::domain::attribute::definition::{Attribute, Definition, Key};
use crate::domain::invalid::Invalid;
use crate::wire;
use crate::wire::attributes as encode;

const CREATE: &str = "patron.profile.v1.AttributeService/CreateAttribute";
const UPDATE: &str = "patron.profile.v1.AttributeService/UpdateAttribute";
const ARCHIVE: &str = "patron.profile.v1.AttributeService/ArchiveAttribute";
const LIST: &str = "patron.profile.v1.AttributeService/ListAttributes";
const CHANGES: &str = "patron.profile.v1.AttributeService/ListAttributeChanges";

/// The server of `AttributeService`.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl AttributeService for Attributes {
    async fn create_attribute(
        &self,
        request: Request<proto::CreateAttributeRequest>,
    ) -> Result<Response<proto::Attribute>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let (key, definition) = decoded(request.attribute.as_ref()).map_err(Refusal::from)?;
        let asked = (&request, request.request_id.as_str());
        let change = (key, Change::Create(definition));
        self.app
            .define_attribute((&caller, CREATE), deadline, asked, change)
            .await
    }

    async fn get_attribute(
        &self,
        request: Request<proto::GetAttributeRequest>,
    ) -> Result<Response<proto::Attribute>, Status> {
        let deadline = deadline(&request);
        let key = Key(request.into_inner().attribute_id);
        let attribute = self.app.attribute(deadline, &key).await?;
        Ok(Response::new(encode::encode(attribute)))
    }

    async fn update_attribute(
        &self,
        request: Request<proto::UpdateAttributeRequest>,
    ) -> Result<Response<proto::Attribute>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let (key, definition) = decoded(request.attribute.as_ref()).map_err(Refusal::from)?;
        let etag = request.attribute.as_ref().map(|sent| sent.etag.clone());
        let change = Change::Update {
            etag: etag.unwrap_or_default(),
            definition,
        };
        let asked = (&request, request.request_id.as_str());
        self.app
            .define_attribute((&caller, UPDATE), deadline, asked, (key, change))
            .await
    }

    async fn archive_attribute(
        &self,
        request: Request<proto::ArchiveAttributeRequest>,
    ) -> Result<Response<proto::Attribute>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let asked = (&request, request.request_id.as_str());
        let change = (Key(request.attribute_id.clone()), Change::Archive);
        self.app
            .define_attribute((&caller, ARCHIVE), deadline, asked, change)
            .await
    }

    async fn list_attributes(
        &self,
        request: Request<proto::ListAttributesRequest>,
    ) -> Result<Response<proto::ListAttributesResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let archived = request.include_archived;
        let scope = Scope {
            method: LIST,
            filters: &[if archived { "all" } else { "in use" }],
        };
        let after: Option<String> = self.pages.decode(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let after = after.unwrap_or_default();
        let page = self.app.attributes(deadline, (&after, archived), size);
        let place = |attribute: &Attribute| attribute.key.0.clone();
        let (attributes, next_page_token) =
            answer(&self.pages, scope, page.await?, place, encode::encode)?;
        Ok(Response::new(proto::ListAttributesResponse {
            attributes,
            next_page_token,
        }))
    }

    async fn get_customer_attributes(
        &self,
        request: Request<proto::GetCustomerAttributesRequest>,
    ) -> Result<Response<proto::CustomerAttributes>, Status> {
        let deadline = deadline(&request);
        let id = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let id = id.map_err(Refusal::from)?;
        let attributes = self.app.customer_attributes(deadline, id).await?;
        Ok(Response::new(attributes))
    }

    async fn update_customer_attributes(
        &self,
        request: Request<proto::UpdateCustomerAttributesRequest>,
    ) -> Result<Response<proto::CustomerAttributes>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let asked = asked(&request, caller).map_err(Refusal::from)?;
        self.app.change_attributes(deadline, &request, asked).await
    }

    async fn list_attribute_changes(
        &self,
        request: Request<proto::ListAttributeChangesRequest>,
    ) -> Result<Response<proto::ListAttributeChangesResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = List {
            method: CHANGES,
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
            .attribute_changes(deadline, (customer, before), size)
            .await?;
        let (changes, next_page_token) =
            asked.answer(&self.pages, page, encode::Told::id, encode::change)?;
        Ok(Response::new(proto::ListAttributeChangesResponse {
            changes,
            next_page_token,
        }))
    }
}

fn decoded(sent: Option<&proto::Attribute>) -> Result<(Key, Definition), Invalid> {
    let sent = sent.cloned().unwrap_or_default();
    encode::decode(&sent).map_err(|invalid| invalid.within("attribute"))
}

fn asked(
    request: &proto::UpdateCustomerAttributesRequest,
    actor: String,
) -> Result<Asked, Invalid> {
    Ok(Asked {
        customer: wire::customer_id("customer_id", &request.customer_id)?,
        set: request.set.iter().cloned().map(encode::sent).collect(),
        clear: request.clear.iter().cloned().map(Key).collect(),
        source: request.source.clone(),
        actor,
    })
}
