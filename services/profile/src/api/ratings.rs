//! `LifecycleService`.

use chassis::paging::PageTokens;
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::lifecycle_service_server::LifecycleService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked, ById};
use crate::app::App;
use crate::domain::invalid::{Invalid, Problem};
use crate::store::ratings::StageChange;
use crate::wire;

const LIST: &str = "patron.profile.v1.LifecycleService/ListStageChanges";

/// The server of `LifecycleService`.
#[derive(Clone, Debug)]
pub(crate) struct Ratings {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl LifecycleService for Ratings {
    async fn get_rating_policy(
        &self,
        request: Request<proto::GetRatingPolicyRequest>,
    ) -> Result<Response<proto::RatingPolicy>, Status> {
        let policy = self.app.rating_policy(deadline(&request)).await?;
        Ok(Response::new(policy))
    }

    async fn update_rating_policy(
        &self,
        request: Request<proto::UpdateRatingPolicyRequest>,
    ) -> Result<Response<proto::RatingPolicy>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.policy.clone().unwrap_or_default();
        let document = wire::ratings::decode(&sent);
        let document = document.map_err(|invalid| Refusal::from(invalid.within("policy")))?;
        self.app
            .update_rating_policy(&caller, deadline, &request, document)
            .await
    }

    async fn get_customer_rating(
        &self,
        request: Request<proto::GetCustomerRatingRequest>,
    ) -> Result<Response<proto::CustomerRating>, Status> {
        let deadline = deadline(&request);
        let id = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let rating = self
            .app
            .rating(deadline, id.map_err(Refusal::from)?)
            .await?;
        Ok(Response::new(rating))
    }

    async fn list_stage_changes(
        &self,
        request: Request<proto::ListStageChangesRequest>,
    ) -> Result<Response<proto::ListStageChangesResponse>, Status> {
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
            .stage_changes(deadline, (customer, before), size)
            .await?;
        let place = |change: &StageChange| change.id;
        let (changes, next_page_token) =
            asked.answer(&self.pages, page, place, wire::ratings::change)?;
        Ok(Response::new(proto::ListStageChangesResponse {
            changes,
            next_page_token,
        }))
    }

    async fn get_funnel(
        &self,
        request: Request<proto::GetFunnelRequest>,
    ) -> Result<Response<proto::Funnel>, Status> {
        let deadline = deadline(&request);
        let within = within(request.get_ref()).map_err(Refusal::from)?;
        Ok(Response::new(self.app.funnel(deadline, within).await?))
    }
}

fn within(request: &proto::GetFunnelRequest) -> Result<(Timestamp, Timestamp), Invalid> {
    let begin = wire::time::decode("start_time", request.start_time.as_ref())?;
    let end = wire::time::decode("end_time", request.end_time.as_ref())?;
    if end <= begin {
        return Err(Invalid::new("end_time", Problem::NoTimeBetween));
    }
    Ok((begin, end))
}
