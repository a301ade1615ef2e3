use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::hold_service_server::HoldService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::writer::{Writer, try_out};
use crate::app::{Call, Loyalty, holds, read};
use crate::store::ledger::holds::HoldRow;
use crate::wire;

const LIST: &str = "patron.loyalty.v1.HoldService/ListHolds";

/// Reserved points.
pub(crate) struct Holds {
    pub(crate) loyalty: Loyalty,
    pub(crate) writer: Writer,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl HoldService for Holds {
    async fn create_hold(
        &self,
        request: Request<contract::CreateHoldRequest>,
    ) -> Result<Response<contract::Hold>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let command = wire::place(&request)?;
        if request.validate_only {
            let tried = try_out(&self.loyalty, &command, call.deadline).await?;
            // It is none that could be found by its id.
            return Ok(Response::new(contract::Hold {
                hold_id: String::new(),
                create_time: None,
                ..tried
            }));
        }
        let request = call.request(holds::CREATE, &request.request_id, &request)?;
        self.writer.submit(request, command, call.deadline).await
    }

    async fn get_hold(
        &self,
        request: Request<contract::GetHoldRequest>,
    ) -> Result<Response<contract::Hold>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let hold_id = wire::id(&request.hold_id, "hold_id")?;
        let found = read::hold(&self.loyalty, customer_id, hold_id).await;
        Ok(Response::new(shown(&found.map_err(refuse)?)?))
    }

    async fn list_holds(
        &self,
        request: Request<contract::ListHoldsRequest>,
    ) -> Result<Response<contract::ListHoldsResponse>, Status> {
        let request = request.into_inner();
        let open_only = if request.open_only { "open" } else { "all" };
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: open_only,
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let from = (before, request.open_only);
        let page = read::holds(&self.loyalty, customer_id, from, size(request.page_size)).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|row| row.hold.hold_id))?;
        let holds = page.rows.iter().map(shown).collect::<Result<_, _>>()?;
        Ok(Response::new(contract::ListHoldsResponse {
            holds,
            next_page_token,
        }))
    }

    async fn confirm_hold(
        &self,
        request: Request<contract::ConfirmHoldRequest>,
    ) -> Result<Response<contract::Hold>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let command = wire::confirm(&request)?;
        let request = call.request(holds::CONFIRM, &request.request_id, &request)?;
        self.writer.submit(request, command, call.deadline).await
    }

    async fn release_hold(
        &self,
        request: Request<contract::ReleaseHoldRequest>,
    ) -> Result<Response<contract::Hold>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let command = wire::release(&request)?;
        let request = call.request(holds::RELEASE, &request.request_id, &request)?;
        self.writer.submit(request, command, call.deadline).await
    }
}

fn shown(row: &HoldRow) -> Result<contract::Hold, Refusal> {
    wire::hold(row, None).map_err(Refusal::internal)
}
