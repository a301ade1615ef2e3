//! `QualityService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller, reach};
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::quality_service_server::QualityService;
use tonic::{Request, Response, Status};

use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::domain::ids::CustomerId;
use crate::store::customers::quality::Place;
use crate::wire;

const LIST: &str = "patron.profile.v1.QualityService/ListStaleCustomers";

/// The server of `QualityService`.
#[derive(Clone, Debug)]
pub(crate) struct Qualities {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl QualityService for Qualities {
    async fn get_data_quality(
        &self,
        request: Request<proto::GetDataQualityRequest>,
    ) -> Result<Response<proto::DataQuality>, Status> {
        let deadline = deadline(&request);
        let id = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let id = id.map_err(Refusal::from)?;
        let (customer, quality) = self.app.quality(deadline, id).await?;
        Ok(Response::new(wire::quality::encode(&customer, quality)))
    }

    async fn confirm_customer_data(
        &self,
        request: Request<proto::ConfirmCustomerDataRequest>,
    ) -> Result<Response<proto::DataQuality>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let id = wire::customer_id("customer_id", &request.customer_id);
        let id = id.map_err(Refusal::from)?;
        let fields = wire::quality::fields(&request.fields).map_err(Refusal::from)?;
        self.app
            .confirm_data(&caller, deadline, &request, (id, fields))
            .await
    }

    async fn list_stale_customers(
        &self,
        request: Request<proto::ListStaleCustomersRequest>,
    ) -> Result<Response<proto::ListStaleCustomersResponse>, Status> {
        let (deadline, reach) = (deadline(&request), reach(&request));
        let request = request.get_ref();
        let scope = Scope {
            method: LIST,
            filters: &[],
        };
        let after: Option<Place> = self.pages.decode(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let page = self
            .app
            .stale_customers(deadline, &reach, after, size)
            .await?;
        let place = |(id, confirmed): &(CustomerId, Timestamp)| (*confirmed, id.0);
        let (customers, next_page_token) =
            answer(&self.pages, scope, page, place, wire::quality::stale)?;
        Ok(Response::new(proto::ListStaleCustomersResponse {
            customers,
            next_page_token,
        }))
    }

    async fn summarize_data_quality(
        &self,
        request: Request<proto::SummarizeDataQualityRequest>,
    ) -> Result<Response<proto::DataQualitySummary>, Status> {
        let summary = self.app.quality_summary(deadline(&request)).await?;
        Ok(Response::new(wire::quality::summary(summary)))
    }
}
