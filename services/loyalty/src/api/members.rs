use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::member_service_server::MemberService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::writer::{Writer, try_out};
use crate::app::{Call, Loyalty, read, redeem};
use crate::store::ledger::lots::After;
use crate::store::ledger::statement::Place;
use crate::wire;

const LIST_ENTRIES: &str = "patron.loyalty.v1.MemberService/ListLedgerEntries";
const LIST_LOTS: &str = "patron.loyalty.v1.MemberService/ListLots";

/// Members, their points and what they do with them.
pub(crate) struct Members {
    pub(crate) loyalty: Loyalty,
    pub(crate) writer: Writer,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl MemberService for Members {
    async fn get_member(
        &self,
        request: Request<contract::GetMemberRequest>,
    ) -> Result<Response<contract::Member>, Status> {
        let customer_id = wire::id(&request.get_ref().customer_id, "customer_id")?;
        let member = read::member(&self.loyalty, customer_id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(
            wire::member(customer_id, &member).map_err(Refusal::internal)?,
        ))
    }

    async fn list_ledger_entries(
        &self,
        request: Request<contract::ListLedgerEntriesRequest>,
    ) -> Result<Response<contract::ListLedgerEntriesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_ENTRIES, &request.customer_id);
        let before = pages.start::<Place>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = read::entries(&self.loyalty, customer_id, before, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|line| line.place))?;
        let entries = page.rows.into_iter().map(wire::entry).collect();
        Ok(Response::new(contract::ListLedgerEntriesResponse {
            entries,
            next_page_token,
        }))
    }

    async fn list_lots(
        &self,
        request: Request<contract::ListLotsRequest>,
    ) -> Result<Response<contract::ListLotsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_LOTS, &request.customer_id);
        let after = pages.start::<After>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = read::lots(
            &self.loyalty,
            customer_id,
            after.as_ref(),
            size(request.page_size),
        );
        let page = page.await.map_err(refuse)?;
        let next_page_token =
            pages.next(page.rows.last().filter(|_| page.has_more).map(After::from))?;
        let lots = page
            .rows
            .into_iter()
            .map(wire::lot)
            .collect::<Result<_, _>>();
        let lots = lots.map_err(Refusal::internal)?;
        Ok(Response::new(contract::ListLotsResponse {
            lots,
            next_page_token,
        }))
    }

    async fn create_redemption(
        &self,
        request: Request<contract::CreateRedemptionRequest>,
    ) -> Result<Response<contract::Redemption>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let command = wire::redeem(&request)?;
        if request.validate_only {
            let tried = try_out(&self.loyalty, &command, call.deadline).await?;
            // It is none that could be found by its id.
            return Ok(Response::new(contract::Redemption {
                redemption_id: String::new(),
                create_time: None,
                ..tried
            }));
        }
        let request = call.request(redeem::METHOD, &request.request_id, &request)?;
        self.writer.submit(request, command, call.deadline).await
    }

    async fn get_redemption(
        &self,
        request: Request<contract::GetRedemptionRequest>,
    ) -> Result<Response<contract::Redemption>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let redemption_id = wire::id(&request.redemption_id, "redemption_id")?;
        let found = read::redemption(&self.loyalty, customer_id, redemption_id).await;
        Ok(Response::new(wire::redemption(found.map_err(refuse)?)))
    }
}

impl Members {
    fn list<'a>(&'a self, method: &'static str, customer_id: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of: customer_id,
            filter: "",
        }
    }
}
