use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::liability_service_server::LiabilityService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};

use super::paging::{List, size};
use crate::app::runs::{RunError, Runs};
use crate::app::{Call, Loyalty, liability, runs};
use crate::store::runs::Kind;
use crate::wire;

const LIST: &str = "patron.loyalty.v1.LiabilityService/ListLiabilityReports";

/// Liability reports.
pub(crate) struct Liability {
    pub(crate) loyalty: Loyalty,
    pub(crate) runs: Runs,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl LiabilityService for Liability {
    async fn create_liability_report(
        &self,
        request: Request<contract::CreateLiabilityReportRequest>,
    ) -> Result<Response<contract::LiabilityReport>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        liability::create(&self.loyalty, &self.runs, &call, request).await
    }

    async fn get_liability_report(
        &self,
        request: Request<contract::GetLiabilityReportRequest>,
    ) -> Result<Response<contract::LiabilityReport>, Status> {
        let request = request.into_inner();
        let report_id = wire::id(&request.report_id, "report_id")?;
        let found = liability::find(&self.loyalty, &request.program_id, report_id).await;
        Ok(Response::new(found.map_err(Refusal::from)?))
    }

    async fn list_liability_reports(
        &self,
        request: Request<contract::ListLiabilityReportsRequest>,
    ) -> Result<Response<contract::ListLiabilityReportsResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.program_id,
            filter: "",
        };
        let before = pages.start(&request.page_token)?;
        let (program_id, size) = (&request.program_id, size(request.page_size));
        let page = runs::page(
            &self.loyalty,
            Kind::LiabilityReport,
            program_id,
            before,
            size,
        )
        .await;
        let (page, has_more) = page.map_err(Refusal::from)?;
        let next_page_token = pages.next(page.last().filter(|_| has_more).map(|run| run.run_id))?;
        let reports: Result<_, _> = page.into_iter().map(wire::liability::report).collect();
        let reports = reports.map_err(RunError::from);
        Ok(Response::new(contract::ListLiabilityReportsResponse {
            liability_reports: reports.map_err(Refusal::from)?,
            next_page_token,
        }))
    }
}
