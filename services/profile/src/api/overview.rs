//! The server of `OverviewService`.

use contract::patron::profile::v1 as proto;
use proto::account_manager_service_server::AccountManagerService as _;
use proto::activity_service_server::ActivityService as _;
use proto::attribute_service_server::AttributeService as _;
use proto::consent_service_server::ConsentService as _;
use proto::customer_service_server::CustomerService as _;
use proto::health_service_server::HealthService as _;
use proto::lifecycle_service_server::LifecycleService as _;
use proto::overview_service_server::OverviewService;
use proto::quality_service_server::QualityService as _;
use proto::restriction_service_server::RestrictionService as _;
use proto::segment_service_server::SegmentService as _;
use proto::tag_service_server::TagService as _;
use tonic::metadata::MetadataMap;
use tonic::{Code, Extensions, Request, Response, Status};

use super::accounts::Accounts;
use super::activities::Activities;
use super::attributes::Attributes;
use super::consents::Consents;
use super::customers::Customers;
use super::health::Healths;
use super::quality::Qualities;
use super::ratings::Ratings;
use super::restrictions::Restrictions;
use super::segments::Segments;
use super::tags::Tags;

/// Segments that are told.
const MOST_SEGMENTS: i32 = 100;
/// Entries of the timeline when the caller does not say how many.
const TIMELINE_SIZE: i32 = 20;

/// The server of `OverviewService`: what the methods of the others answer, in one answer.
#[derive(Clone, Debug)]
pub(crate) struct Overviews {
    pub(crate) customers: Customers,
    pub(crate) quality: Qualities,
    pub(crate) ratings: Ratings,
    pub(crate) health: Healths,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
    pub(crate) segments: Segments,
    pub(crate) accounts: Accounts,
    pub(crate) consents: Consents,
    pub(crate) restrictions: Restrictions,
    pub(crate) activities: Activities,
}

/// The caller, and until when the answer is wanted: each part is asked for as if by itself.
#[derive(Clone, Debug)]
struct Asked {
    metadata: MetadataMap,
    extensions: Extensions,
}

impl Asked {
    fn of<T>(&self, message: T) -> Request<T> {
        Request::from_parts(self.metadata.clone(), self.extensions.clone(), message)
    }
}

#[tonic::async_trait]
impl OverviewService for Overviews {
    async fn get_customer_overview(
        &self,
        request: Request<proto::GetCustomerOverviewRequest>,
    ) -> Result<Response<proto::CustomerOverview>, Status> {
        let (metadata, extensions, request) = request.into_parts();
        let asked = Asked {
            metadata,
            extensions,
        };
        let customer_id = request.customer_id.as_str();
        let get = asked.of(proto::GetCustomerRequest {
            customer_id: customer_id.to_owned(),
        });
        let customer = self.customers.get_customer(get).await?.into_inner();
        let mut overview = proto::CustomerOverview {
            customer: Some(customer),
            ..proto::CustomerOverview::default()
        };
        self.judge(&asked, customer_id, &mut overview).await?;
        self.sort(&asked, customer_id, &mut overview).await?;
        self.care(&asked, customer_id, &mut overview).await?;
        let size = match request.timeline_size {
            0 => TIMELINE_SIZE,
            size => size,
        };
        self.remember(&asked, (customer_id, size), &mut overview)
            .await?;
        Ok(Response::new(overview))
    }
}

impl Overviews {
    /// What follows from what is known.
    async fn judge(
        &self,
        asked: &Asked,
        customer_id: &str,
        overview: &mut proto::CustomerOverview,
    ) -> Result<(), Status> {
        let customer_id = customer_id.to_owned();
        let quality = asked.of(proto::GetDataQualityRequest {
            customer_id: customer_id.clone(),
        });
        overview.quality = known(self.quality.get_data_quality(quality).await)?;
        let traits = asked.of(proto::GetCustomerTraitsRequest {
            customer_id: customer_id.clone(),
        });
        overview.traits = known(self.customers.get_customer_traits(traits).await)?;
        let rating = asked.of(proto::GetCustomerRatingRequest {
            customer_id: customer_id.clone(),
        });
        overview.rating = known(self.ratings.get_customer_rating(rating).await)?;
        let health = asked.of(proto::GetCustomerHealthRequest { customer_id });
        overview.health = known(self.health.get_customer_health(health).await)?;
        Ok(())
    }

    /// Into which groups the customer falls.
    async fn sort(
        &self,
        asked: &Asked,
        customer_id: &str,
        overview: &mut proto::CustomerOverview,
    ) -> Result<(), Status> {
        let customer_id = customer_id.to_owned();
        let attributes = asked.of(proto::GetCustomerAttributesRequest {
            customer_id: customer_id.clone(),
        });
        overview.attributes = known(self.attributes.get_customer_attributes(attributes).await)?;
        let tags = asked.of(proto::GetCustomerTagsRequest {
            customer_id: customer_id.clone(),
        });
        overview.tags = known(self.tags.get_customer_tags(tags).await)?;
        let segments = asked.of(proto::ListCustomerSegmentsRequest {
            customer_id,
            page_size: MOST_SEGMENTS,
            page_token: String::new(),
        });
        let page = self.segments.list_customer_segments(segments).await?;
        let page = page.into_inner();
        overview.segments = page.segments;
        overview.has_more_segments = !page.next_page_token.is_empty();
        Ok(())
    }

    /// Who looks after the customer, and what may be done.
    async fn care(
        &self,
        asked: &Asked,
        customer_id: &str,
        overview: &mut proto::CustomerOverview,
    ) -> Result<(), Status> {
        let customer_id = customer_id.to_owned();
        let assignment = asked.of(proto::GetAccountAssignmentRequest {
            customer_id: customer_id.clone(),
        });
        let assignment = known(self.accounts.get_account_assignment(assignment).await)?;
        // One without a manager says that nobody looks after the customer.
        overview.account_assignment = assignment.filter(|it| !it.manager_id.is_empty());
        let preferences = asked.of(proto::GetPreferencesRequest {
            customer_id: customer_id.clone(),
        });
        overview.preferences = known(self.consents.get_preferences(preferences).await)?;
        let restrictions = asked.of(proto::ListRestrictionsRequest {
            customer_id,
            ..proto::ListRestrictionsRequest::default()
        });
        let listed = self.restrictions.list_restrictions(restrictions).await?;
        let listed = listed.into_inner().restrictions.into_iter();
        overview.restrictions = listed.filter(|it| it.lift_time.is_none()).collect();
        Ok(())
    }

    /// What the customer did last.
    async fn remember(
        &self,
        asked: &Asked,
        (customer_id, page_size): (&str, i32),
        overview: &mut proto::CustomerOverview,
    ) -> Result<(), Status> {
        let timeline = asked.of(proto::ListTimelineRequest {
            customer_id: customer_id.to_owned(),
            page_size,
            page_token: String::new(),
        });
        let page = self.activities.list_timeline(timeline).await?.into_inner();
        overview.timeline = page.entries;
        overview.next_page_token = page.next_page_token;
        Ok(())
    }
}

/// The part, when there is one.
fn known<T>(answer: Result<Response<T>, Status>) -> Result<Option<T>, Status> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}
