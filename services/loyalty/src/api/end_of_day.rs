use chassis::paging::PageTokens;
use contract::end_of_day_service_server::EndOfDayService;
use contract::patron::loyalty::v1 as contract;
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Call, Loyalty, end_of_day};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.EndOfDayService/ListEndOfDays";

/// The ends of days, to be watched and started.
pub(crate) struct EndOfDays {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl EndOfDayService for EndOfDays {
    async fn run_end_of_day(
        &self,
        request: Request<contract::RunEndOfDayRequest>,
    ) -> Result<Response<contract::RunEndOfDayResponse>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let until = request
            .until_date
            .map(|date| wire::local_day(date, "until_date"));
        let (program_id, is_trial) = (&request.program_id, request.validate_only);
        let run = end_of_day::run_until(
            &self.loyalty,
            &call,
            program_id,
            until.transpose()?,
            is_trial,
        );
        let run = run.await.map_err(refuse)?;
        let days = run
            .days
            .iter()
            .map(|day| wire::end_of_day::day(&run.program_id, day));
        Ok(Response::new(contract::RunEndOfDayResponse {
            days: days.collect(),
        }))
    }

    async fn list_end_of_days(
        &self,
        request: Request<contract::ListEndOfDaysRequest>,
    ) -> Result<Response<contract::ListEndOfDaysResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.program_id,
            filter: "",
        };
        let before = pages.start::<Date>(&request.page_token)?;
        let program_id = &request.program_id;
        let page = end_of_day::days(&self.loyalty, program_id, before, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|day| day.day))?;
        let days = page
            .rows
            .iter()
            .map(|day| wire::end_of_day::day(program_id, day));
        Ok(Response::new(contract::ListEndOfDaysResponse {
            days: days.collect(),
            next_page_token,
        }))
    }
}
