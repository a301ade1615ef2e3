//! `ActivityService`.

use chassis::paging::PageTokens;
use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use proto::activity_service_server::ActivityService;
use tonic::{Request, Response, Status};

use super::lists::Asked;
use super::{batch, deadline};
use crate::app::App;
use crate::app::intake::{Activity, Item, Verdict, Who};
use crate::domain::book::Book;
use crate::domain::ids::OrderId;
use crate::domain::order::RecordedOrder;
use crate::domain::returns::RecordedReturn;
use crate::metrics::Intake;
use crate::store::timeline::Entry;
use crate::{refusals, wire};

/// The server of `ActivityService`.
#[derive(Clone, Debug)]
pub(crate) struct Activities {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
    pub(crate) metrics: Intake,
}

#[tonic::async_trait]
impl ActivityService for Activities {
    async fn record_order(
        &self,
        request: Request<proto::RecordOrderRequest>,
    ) -> Result<Response<proto::Order>, Status> {
        let deadline = deadline(&request);
        let sent = request.into_inner().order.unwrap_or_default();
        let who =
            wire::customer_id("order.customer_id", &sent.customer_id).map_err(Refusal::from)?;
        let activity = batch::order(sent, self.app.now())?;
        let id = activity.order_id().clone();
        let view = |book: &Book| book.order(&id).cloned();
        let order = self
            .record_one(deadline, Who::Customer(who), activity, view)
            .await?;
        Ok(Response::new(wire::orders::encode(order)))
    }

    async fn record_return(
        &self,
        request: Request<proto::RecordReturnRequest>,
    ) -> Result<Response<proto::Return>, Status> {
        let deadline = deadline(&request);
        let sent = request.into_inner().r#return.unwrap_or_default();
        let who =
            wire::customer_id("return.customer_id", &sent.customer_id).map_err(Refusal::from)?;
        let activity = batch::give_back(sent, self.app.now())?;
        let id = activity.return_id().cloned();
        let view = |book: &Book| id.as_ref().and_then(|id| book.recorded_return(id)).cloned();
        let recorded = self
            .record_one(deadline, Who::Customer(who), activity, view)
            .await?;
        Ok(Response::new(wire::returns::encode(recorded)))
    }

    async fn batch_record_activities(
        &self,
        request: Request<proto::BatchRecordActivitiesRequest>,
    ) -> Result<Response<proto::BatchRecordActivitiesResponse>, Status> {
        let deadline = deadline(&request);
        let items = request.into_inner().items;
        let results = batch::record(&self.app, &self.metrics, deadline, items).await?;
        Ok(Response::new(proto::BatchRecordActivitiesResponse {
            results,
        }))
    }

    async fn get_order(
        &self,
        request: Request<proto::GetOrderRequest>,
    ) -> Result<Response<proto::Order>, Status> {
        let deadline = deadline(&request);
        let proto::GetOrderRequest {
            customer_id,
            order_id,
        } = request.into_inner();
        let customer = wire::customer_id("customer_id", &customer_id).map_err(Refusal::from)?;
        let order = self
            .app
            .order(deadline, customer, &OrderId(order_id))
            .await?;
        Ok(Response::new(wire::orders::encode(order)))
    }

    async fn list_orders(
        &self,
        request: Request<proto::ListOrdersRequest>,
    ) -> Result<Response<proto::ListOrdersResponse>, Status> {
        let deadline = deadline(&request);
        let proto::ListOrdersRequest {
            customer_id,
            page_size,
            page_token,
        } = request.get_ref();
        let method = "patron.profile.v1.ActivityService/ListOrders";
        let asked = Asked {
            method,
            customer_id,
            page_size: *page_size,
            page_token,
        };
        let page = self
            .app
            .orders(deadline, asked.window(&self.pages)?)
            .await?;
        let place = |order: &RecordedOrder| (order.order.time, order.entry_id);
        let (orders, next_page_token) =
            asked.answer(&self.pages, page, place, wire::orders::encode)?;
        Ok(Response::new(proto::ListOrdersResponse {
            orders,
            next_page_token,
        }))
    }

    async fn list_returns(
        &self,
        request: Request<proto::ListReturnsRequest>,
    ) -> Result<Response<proto::ListReturnsResponse>, Status> {
        let deadline = deadline(&request);
        let proto::ListReturnsRequest {
            customer_id,
            page_size,
            page_token,
        } = request.get_ref();
        let method = "patron.profile.v1.ActivityService/ListReturns";
        let asked = Asked {
            method,
            customer_id,
            page_size: *page_size,
            page_token,
        };
        let page = self
            .app
            .returns(deadline, asked.window(&self.pages)?)
            .await?;
        let place = |item: &RecordedReturn| (item.content.time, item.entry_id);
        let (returns, next_page_token) =
            asked.answer(&self.pages, page, place, wire::returns::encode)?;
        Ok(Response::new(proto::ListReturnsResponse {
            returns,
            next_page_token,
        }))
    }

    async fn list_timeline(
        &self,
        request: Request<proto::ListTimelineRequest>,
    ) -> Result<Response<proto::ListTimelineResponse>, Status> {
        let deadline = deadline(&request);
        let proto::ListTimelineRequest {
            customer_id,
            page_size,
            page_token,
        } = request.get_ref();
        let method = "patron.profile.v1.ActivityService/ListTimeline";
        let asked = Asked {
            method,
            customer_id,
            page_size: *page_size,
            page_token,
        };
        let page = self
            .app
            .timeline(deadline, asked.window(&self.pages)?)
            .await?;
        let place = Entry::place;
        let (entries, next_page_token) =
            asked.answer(&self.pages, page, place, wire::timeline::encode)?;
        Ok(Response::new(proto::ListTimelineResponse {
            entries,
            next_page_token,
        }))
    }
}

impl Activities {
    /// Records one activity and answers what `view` finds of it then.
    async fn record_one<T>(
        &self,
        deadline: Deadline,
        who: Who,
        activity: Activity,
        view: impl Fn(&Book) -> Option<T>,
    ) -> Result<T, Refusal> {
        let item = Item { who, activity };
        let (verdicts, found) = self
            .app
            .record(deadline, std::slice::from_ref(&item), view)
            .await?;
        let verdict: Option<Verdict> = verdicts.into_iter().next();
        self.metrics.count(
            item.activity.kind(),
            verdict.as_ref().and_then(|it| it.as_ref().ok()),
        );
        if let Some(Err(refused)) = verdict {
            return Err(refusals::refused(&refused));
        }
        found.ok_or_else(|| Refusal::internal(NotInTheBook))
    }
}

/// An activity that was recorded is not among the records.
#[derive(Debug, thiserror::Error)]
#[error("an activity that was recorded is not in the book")]
struct NotInTheBook;
