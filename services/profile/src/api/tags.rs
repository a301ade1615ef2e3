//! `TagService`.

use chassis::paging::PageTokens;
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::tag_service_server::TagService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked, ById};
use crate::app::App;
use crate::app::tags::Asked as Change;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::tag::{self, Kind};
use crate::domain::tag_rule;
use crate::wire;

const LIST: &str = "patron.profile.v1.TagService/ListTagChanges";

/// The server of `TagService`.
#[derive(Clone, Debug)]
pub(crate) struct Tags {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl TagService for Tags {
    async fn get_customer_tags(
        &self,
        request: Request<proto::GetCustomerTagsRequest>,
    ) -> Result<Response<proto::CustomerTags>, Status> {
        let deadline = deadline(&request);
        let id = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let tags = self.app.tags(deadline, id.map_err(Refusal::from)?).await?;
        Ok(Response::new(tags))
    }

    async fn add_tag(
        &self,
        request: Request<proto::AddTagRequest>,
    ) -> Result<Response<proto::CustomerTags>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let change = added(&request, caller).map_err(Refusal::from)?;
        self.app.change_tag(deadline, &request, change).await
    }

    async fn remove_tag(
        &self,
        request: Request<proto::RemoveTagRequest>,
    ) -> Result<Response<proto::CustomerTags>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let change = removed(&request, caller).map_err(Refusal::from)?;
        self.app.change_tag(deadline, &request, change).await
    }

    async fn list_tag_changes(
        &self,
        request: Request<proto::ListTagChangesRequest>,
    ) -> Result<Response<proto::ListTagChangesResponse>, Status> {
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
            .tag_changes(deadline, customer, before, size)
            .await?;
        let place = |change: &tag::Change| change.id;
        let (changes, next_page_token) =
            asked.answer(&self.pages, page, place, wire::tags::change)?;
        Ok(Response::new(proto::ListTagChangesResponse {
            changes,
            next_page_token,
        }))
    }
}

fn added(request: &proto::AddTagRequest, actor: String) -> Result<Change, Invalid> {
    let until = request.expire_time.as_ref();
    let until = until.map(|sent| wire::time::decode("expire_time", Some(sent)));
    let change = Change {
        customer: wire::customer_id("customer_id", &request.customer_id)?,
        tag: request.tag.clone(),
        kind: Kind::Added {
            until: until.transpose()?,
        },
        reason: request.reason.clone(),
        source: request.source.clone(),
        actor,
    };
    check(change)
}

fn removed(request: &proto::RemoveTagRequest, actor: String) -> Result<Change, Invalid> {
    let change = Change {
        customer: wire::customer_id("customer_id", &request.customer_id)?,
        tag: request.tag.clone(),
        kind: Kind::Removed,
        reason: request.reason.clone(),
        source: request.source.clone(),
        actor,
    };
    check(change)
}

fn check(change: Change) -> Result<Change, Invalid> {
    tag::check("tag", &change.tag)?;
    wire::text("reason", &change.reason)?;
    if change.source == tag_rule::SOURCE {
        return Err(Invalid::new("source", Problem::ReservedSource));
    }
    Ok(change)
}
