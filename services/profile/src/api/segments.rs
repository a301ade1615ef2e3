//! `SegmentService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::segment_service_server::SegmentService;
use serde::de::DeserializeOwned;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::segments::{Change, Preview};
use crate::domain::segment::definition::{Segment, SegmentId, Version};
use crate::store::segments::members::Membership;
use crate::wire;
use crate::wire::segments as encode;

const CREATE: &str = "patron.profile.v1.SegmentService/CreateSegment";
const UPDATE: &str = "patron.profile.v1.SegmentService/UpdateSegment";
const ARCHIVE: &str = "patron.profile.v1.SegmentService/ArchiveSegment";
const LIST: &str = "patron.profile.v1.SegmentService/ListSegments";
const VERSIONS: &str = "patron.profile.v1.SegmentService/ListSegmentVersions";
const MEMBERS: &str = "patron.profile.v1.SegmentService/ListSegmentMembers";
const OF_CUSTOMER: &str = "patron.profile.v1.SegmentService/ListCustomerSegments";

/// Customers that a preview looks at when the caller does not say.
const SAMPLE: u16 = 1_000;
/// Most customers that a preview looks at.
const MOST_SAMPLE: u16 = 5_000;

/// The server of `SegmentService`.
#[derive(Clone, Debug)]
pub(crate) struct Segments {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl SegmentService for Segments {
    async fn create_segment(
        &self,
        request: Request<proto::CreateSegmentRequest>,
    ) -> Result<Response<proto::Segment>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.segment.clone().unwrap_or_default();
        let (id, definition) = encode::decode(&sent).map_err(Refusal::from)?;
        let key = (!request.validate_only).then_some(request.request_id.as_str());
        let change = (id, Change::Create(definition));
        self.app
            .define_segment((&caller, CREATE), deadline, (&request, key), change)
            .await
    }

    async fn get_segment(
        &self,
        request: Request<proto::GetSegmentRequest>,
    ) -> Result<Response<proto::Segment>, Status> {
        let deadline = deadline(&request);
        let id = SegmentId(request.into_inner().segment_id);
        let segment = self.app.segment(deadline, &id).await?;
        Ok(Response::new(encode::encode(segment)))
    }

    async fn update_segment(
        &self,
        request: Request<proto::UpdateSegmentRequest>,
    ) -> Result<Response<proto::Segment>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.segment.clone().unwrap_or_default();
        let (id, definition) = encode::decode(&sent).map_err(Refusal::from)?;
        let key = (!request.validate_only).then_some(request.request_id.as_str());
        let etag = sent.etag;
        let change = (id, Change::Update { etag, definition });
        self.app
            .define_segment((&caller, UPDATE), deadline, (&request, key), change)
            .await
    }

    async fn archive_segment(
        &self,
        request: Request<proto::ArchiveSegmentRequest>,
    ) -> Result<Response<proto::Segment>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let key = Some(request.request_id.as_str());
        let change = (SegmentId(request.segment_id.clone()), Change::Archive);
        self.app
            .define_segment((&caller, ARCHIVE), deadline, (&request, key), change)
            .await
    }

    async fn list_segments(
        &self,
        request: Request<proto::ListSegmentsRequest>,
    ) -> Result<Response<proto::ListSegmentsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let archived = request.include_archived;
        let filters = [if archived { "all" } else { "in use" }];
        let asked = self.asked(LIST, &filters, (request.page_size, &request.page_token));
        let after: String = asked.last()?.unwrap_or_default();
        let page = self
            .app
            .segments(deadline, (&after, archived), asked.size)
            .await?;
        let place = |segment: &Segment| segment.id.0.clone();
        let (segments, next_page_token) =
            answer(&self.pages, asked.scope, page, place, encode::encode)?;
        Ok(Response::new(proto::ListSegmentsResponse {
            segments,
            next_page_token,
        }))
    }

    async fn list_segment_versions(
        &self,
        request: Request<proto::ListSegmentVersionsRequest>,
    ) -> Result<Response<proto::ListSegmentVersionsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let filters = [request.segment_id.as_str()];
        let asked = self.asked(VERSIONS, &filters, (request.page_size, &request.page_token));
        let before: i64 = asked.last()?.unwrap_or(i64::MAX);
        let id = SegmentId(request.segment_id.clone());
        let page = self
            .app
            .segment_versions(deadline, (&id, before), asked.size)
            .await?;
        let place = |version: &Version| version.version;
        let (versions, next_page_token) =
            answer(&self.pages, asked.scope, page, place, encode::version)?;
        Ok(Response::new(proto::ListSegmentVersionsResponse {
            versions,
            next_page_token,
        }))
    }

    async fn get_segment_size(
        &self,
        request: Request<proto::GetSegmentSizeRequest>,
    ) -> Result<Response<proto::SegmentSize>, Status> {
        let deadline = deadline(&request);
        let proto::GetSegmentSizeRequest { segment_id, exact } = request.into_inner();
        let id = SegmentId(segment_id);
        let size = self.app.segment_size(deadline, (&id, exact)).await?;
        Ok(Response::new(size))
    }

    async fn list_segment_members(
        &self,
        request: Request<proto::ListSegmentMembersRequest>,
    ) -> Result<Response<proto::ListSegmentMembersResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let filters = [request.segment_id.as_str()];
        let asked = self.asked(MEMBERS, &filters, (request.page_size, &request.page_token));
        let after = asked.last()?.unwrap_or(Uuid::nil());
        let id = SegmentId(request.segment_id.clone());
        let page = self
            .app
            .segment_members(deadline, (&id, after), asked.size)
            .await?;
        let place = |membership: &Membership| membership.customer.0;
        let (members, next_page_token) =
            answer(&self.pages, asked.scope, page, place, encode::member)?;
        Ok(Response::new(proto::ListSegmentMembersResponse {
            members,
            next_page_token,
        }))
    }

    async fn list_customer_segments(
        &self,
        request: Request<proto::ListCustomerSegmentsRequest>,
    ) -> Result<Response<proto::ListCustomerSegmentsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let customer = wire::customer_id("customer_id", &request.customer_id);
        let customer = customer.map_err(Refusal::from)?;
        let filters = [request.customer_id.as_str()];
        let asked = self.asked(
            OF_CUSTOMER,
            &filters,
            (request.page_size, &request.page_token),
        );
        let after: String = asked.last()?.unwrap_or_default();
        let page = self
            .app
            .customer_segments(deadline, (customer, &after), asked.size)
            .await?;
        let place = |membership: &Membership| membership.segment.0.clone();
        let (segments, next_page_token) =
            answer(&self.pages, asked.scope, page, place, encode::of_customer)?;
        Ok(Response::new(proto::ListCustomerSegmentsResponse {
            segments,
            next_page_token,
        }))
    }

    async fn explain_membership(
        &self,
        request: Request<proto::ExplainMembershipRequest>,
    ) -> Result<Response<proto::MembershipExplanation>, Status> {
        let deadline = deadline(&request);
        let request = request.into_inner();
        let customer = wire::customer_id("customer_id", &request.customer_id);
        let which = (
            customer.map_err(Refusal::from)?,
            SegmentId(request.segment_id),
        );
        let explanation = self.app.explain_membership(deadline, which).await?;
        Ok(Response::new(explanation))
    }

    async fn preview_segment(
        &self,
        request: Request<proto::PreviewSegmentRequest>,
    ) -> Result<Response<proto::SegmentPreview>, Status> {
        let deadline = deadline(&request);
        let request = request.into_inner();
        let preview = Preview {
            condition: request.condition,
            sample_size: page_size(request.sample_size, SAMPLE, MOST_SAMPLE),
        };
        let answer = self.app.preview_segment(deadline, &preview).await?;
        Ok(Response::new(answer))
    }
}

/// What a request for a page says.
struct Asked<'a> {
    pages: &'a PageTokens,
    scope: Scope<'a>,
    token: &'a str,
    size: u16,
}

impl Asked<'_> {
    /// Where the page before ended.
    fn last<K: DeserializeOwned>(&self) -> Result<Option<K>, Refusal> {
        self.pages.decode(self.scope, self.token)
    }
}

impl Segments {
    fn asked<'a>(
        &'a self,
        method: &'static str,
        filters: &'a [&'a str],
        (size, token): (i32, &'a str),
    ) -> Asked<'a> {
        Asked {
            pages: &self.pages,
            scope: Scope { method, filters },
            token,
            size: page_size(size, DEFAULT_SIZE, MOST_SIZE),
        }
    }
}
