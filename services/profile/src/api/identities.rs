//! `IdentityService`.

use chassis::paging::PageTokens;
use chassis::{Refusal, caller, reach};
use contract::patron::profile::v1 as proto;
use proto::identity_service_server::IdentityService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::Asked;
use crate::app::App;
use crate::app::identity::merge::Merge;
use crate::app::identity::unmerge::Unmerge;
use crate::domain::identity::link::{Link, LinkId};
use crate::domain::identity::source::{Source, SourceId};
use crate::wire;

const SOURCES: &str = "patron.profile.v1.IdentityService/ListSources";
const LINKS: &str = "patron.profile.v1.IdentityService/ListLinks";

/// The server of `IdentityService`.
#[derive(Clone, Debug)]
pub(crate) struct Identities {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl IdentityService for Identities {
    async fn ingest_source(
        &self,
        request: Request<proto::IngestSourceRequest>,
    ) -> Result<Response<proto::IngestSourceResponse>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let statement =
            wire::identities::statement(request.clone(), (self.app.now(), self.app.country));
        let statement = statement.map_err(Refusal::from)?;
        self.app
            .ingest_source(&caller, deadline, &request, statement)
            .await
    }

    async fn list_sources(
        &self,
        request: Request<proto::ListSourcesRequest>,
    ) -> Result<Response<proto::ListSourcesResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = Asked {
            method: SOURCES,
            customer_id: &request.customer_id,
            page_size: request.page_size,
            page_token: &request.page_token,
        };
        let page = asked.by_id(&self.pages)?;
        let place = (page.customer, SourceId(page.last.unwrap_or_default()));
        let page = self.app.sources(deadline, place, page.size).await?;
        let place = |source: &Source| source.id.0;
        let (sources, next_page_token) =
            asked.answer(&self.pages, page, place, wire::identities::source)?;
        Ok(Response::new(proto::ListSourcesResponse {
            sources,
            next_page_token,
        }))
    }

    async fn list_links(
        &self,
        request: Request<proto::ListLinksRequest>,
    ) -> Result<Response<proto::ListLinksResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = Asked {
            method: LINKS,
            customer_id: &request.customer_id,
            page_size: request.page_size,
            page_token: &request.page_token,
        };
        let page = asked.by_id(&self.pages)?;
        let place = (page.customer, LinkId(page.last.unwrap_or(Uuid::max())));
        let page = self.app.links(deadline, place, page.size).await?;
        let place = |link: &Link| link.id.0;
        let (links, next_page_token) =
            asked.answer(&self.pages, page, place, wire::identities::link)?;
        Ok(Response::new(proto::ListLinksResponse {
            links,
            next_page_token,
        }))
    }

    async fn find_matches(
        &self,
        request: Request<proto::FindMatchesRequest>,
    ) -> Result<Response<proto::FindMatchesResponse>, Status> {
        let (deadline, reach) = (deadline(&request), reach(&request));
        let request = request.into_inner();
        let customer = wire::customer_id("customer_id", &request.customer_id);
        let customer = customer.map_err(Refusal::from)?;
        let least = request.min_score_permille;
        let found = self.app.matches(deadline, customer, least, &reach).await?;
        let matches = found.into_iter().map(wire::identities::likeness).collect();
        Ok(Response::new(proto::FindMatchesResponse { matches }))
    }

    async fn merge_customers(
        &self,
        request: Request<proto::MergeCustomersRequest>,
    ) -> Result<Response<proto::MergeCustomersResponse>, Status> {
        let deadline = deadline(&request);
        let actor = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let one = wire::customer_id("customer_id", &request.customer_id);
        let other = wire::customer_id("merged_customer_id", &request.merged_customer_id);
        let ids = (one.map_err(Refusal::from)?, other.map_err(Refusal::from)?);
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        let reason = request.reason.clone();
        let merge = Merge { ids, actor, reason };
        self.app.merge_customers(deadline, &request, merge).await
    }

    async fn unmerge_customers(
        &self,
        request: Request<proto::UnmergeCustomersRequest>,
    ) -> Result<Response<proto::UnmergeCustomersResponse>, Status> {
        let deadline = deadline(&request);
        let actor = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let customer = wire::customer_id("customer_id", &request.customer_id);
        let customer = customer.map_err(Refusal::from)?;
        let link = wire::link_id("link_id", &request.link_id).map_err(Refusal::from)?;
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        let reason = request.reason.clone();
        let unmerge = Unmerge {
            customer,
            link,
            actor,
            reason,
        };
        self.app
            .unmerge_customers(deadline, &request, unmerge)
            .await
    }
}
