use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::activity_service_server::ActivityService;
use contract::patron::loyalty::v1 as contract;
use jiff::{SignedDuration, Timestamp};
use tonic::{Request, Response, Status};

use crate::api::paging::{List, size};
use crate::api::refusals::refuse;
use crate::app::rating::RatingError;
use crate::app::rating::read::{activities, activity, record_acts};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::happened::Act;
use crate::wire;
use crate::wire::sales as encode;

const LIST: &str = "patron.loyalty.v1.ActivityService/ListActivities";
/// How far clocks of recording systems may run ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// What members do besides buying.
pub(crate) struct Activities {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl ActivityService for Activities {
    async fn record_activity(
        &self,
        request: Request<contract::RecordActivityRequest>,
    ) -> Result<Response<contract::Activity>, Status> {
        let deadline = Call::of(&request)?.deadline;
        let wire = request.into_inner().activity.unwrap_or_default();
        let act = self.act(wire, "activity")?;
        let (customer_id, kind) = (act.customer_id, act.activity_type.clone());
        let activity_id = act.activity_id.clone();
        let recorded = record_acts(&self.loyalty, deadline.remaining(), vec![act]).await;
        recorded.map_err(refuse)?;
        let found = activity(&self.loyalty, (customer_id, &kind, &activity_id)).await;
        // What was told and is not there was not taken.
        let found = found.map_err(|error| match error {
            AppError::Rating(RatingError::ActivityNotFound) => RatingError::MembershipEnded.into(),
            error => error,
        });
        Ok(Response::new(encode::activity(found.map_err(refuse)?)))
    }

    async fn batch_record_activities(
        &self,
        request: Request<contract::BatchRecordActivitiesRequest>,
    ) -> Result<Response<contract::BatchRecordActivitiesResponse>, Status> {
        let deadline = Call::of(&request)?.deadline;
        let wire = request.into_inner().activities.into_iter().enumerate();
        let acts = wire.map(|(place, wire)| self.act(wire, &format!("activities[{place}]")));
        let acts = acts.collect::<Result<Vec<Act>, Refusal>>()?;
        let recorded = record_acts(&self.loyalty, deadline.remaining(), acts).await;
        let recorded = recorded.map_err(refuse)?;
        Ok(Response::new(contract::BatchRecordActivitiesResponse {
            recorded_count: i32::try_from(recorded).unwrap_or(i32::MAX),
        }))
    }

    async fn get_activity(
        &self,
        request: Request<contract::GetActivityRequest>,
    ) -> Result<Response<contract::Activity>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let key = (customer_id, &*request.activity_type, &*request.activity_id);
        let found = activity(&self.loyalty, key).await.map_err(refuse)?;
        Ok(Response::new(encode::activity(found)))
    }

    async fn list_activities(
        &self,
        request: Request<contract::ListActivitiesRequest>,
    ) -> Result<Response<contract::ListActivitiesResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: "",
        };
        let before = pages.start::<(Timestamp, String, String)>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let size = size(request.page_size);
        let page = activities(&self.loyalty, customer_id, before.as_ref(), size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let last = last.map(|(act, _)| (act.occurred_at, &act.activity_type, &act.activity_id));
        let next_page_token = pages.next(last)?;
        Ok(Response::new(contract::ListActivitiesResponse {
            activities: page.rows.into_iter().map(encode::activity).collect(),
            next_page_token,
        }))
    }
}

impl Activities {
    fn act(&self, wire: contract::Activity, path: &str) -> Result<Act, Refusal> {
        let now = self.loyalty.now();
        let act = encode::act(wire, path, now)?;
        if act.occurred_at > now + AHEAD {
            let field = "activity.occur_time";
            return Err(AppError::InTheFuture { field }.into());
        }
        Ok(act)
    }
}
