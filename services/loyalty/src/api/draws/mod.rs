mod refusals;

use chassis::paging::PageTokens;
use contract::draw_service_server::DrawService;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::draws::{enter, proof, read};
use crate::app::{Call, Loyalty};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.DrawService/ListDraws";
const LIST_TICKETS: &str = "patron.loyalty.v1.DrawService/ListDrawTickets";
const LIST_OWN: &str = "patron.loyalty.v1.DrawService/ListMemberTickets";

/// Prize draws.
pub(crate) struct Draws {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl DrawService for Draws {
    async fn list_draws(
        &self,
        request: Request<contract::ListDrawsRequest>,
    ) -> Result<Response<contract::ListDrawsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST, &request.program_id, "");
        let before = pages.start::<(Timestamp, String)>(&request.page_token)?;
        let (program_id, rows) = (&request.program_id, size(request.page_size));
        let page = read::page(&self.loyalty, program_id, before.as_ref(), rows).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let last = last.map(|frozen| (frozen.row.starts_at, frozen.row.draw_id.as_str()));
        let next_page_token = pages.next(last)?;
        let now = self.loyalty.now();
        Ok(Response::new(contract::ListDrawsResponse {
            draws: page
                .rows
                .iter()
                .map(|frozen| wire::draws::draw(frozen, now))
                .collect(),
            next_page_token,
        }))
    }

    async fn get_draw(
        &self,
        request: Request<contract::GetDrawRequest>,
    ) -> Result<Response<contract::PrizeDraw>, Status> {
        let request = request.into_inner();
        let found = read::draw(&self.loyalty, &request.program_id, &request.draw_id).await;
        let now = self.loyalty.now();
        Ok(Response::new(wire::draws::draw(
            &found.map_err(refuse)?,
            now,
        )))
    }

    async fn list_draw_tickets(
        &self,
        request: Request<contract::ListDrawTicketsRequest>,
    ) -> Result<Response<contract::ListDrawTicketsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_TICKETS, &request.program_id, &request.draw_id);
        let after = pages.start::<i64>(&request.page_token)?.unwrap_or_default();
        let found = read::draw(&self.loyalty, &request.program_id, &request.draw_id).await;
        let frozen = found.map_err(refuse)?;
        let rows = size(request.page_size);
        let page = read::tickets(&self.loyalty, &frozen, None, after, rows).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|held| held.ticket.number))?;
        let tickets = page.rows.iter();
        Ok(Response::new(contract::ListDrawTicketsResponse {
            tickets: tickets
                .map(|held| wire::draws::ticket(&frozen.rules, held))
                .collect(),
            next_page_token,
        }))
    }

    async fn enter_draw(
        &self,
        request: Request<contract::EnterDrawRequest>,
    ) -> Result<Response<contract::MemberTicket>, Status> {
        let call = Call::of(&request)?;
        enter::enter(&self.loyalty, &call, request.into_inner()).await
    }

    async fn list_member_tickets(
        &self,
        request: Request<contract::ListMemberTicketsRequest>,
    ) -> Result<Response<contract::ListMemberTicketsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_OWN, &request.customer_id, &request.draw_id);
        let after = pages.start::<i64>(&request.page_token)?.unwrap_or_default();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let found = read::draw_of(&self.loyalty, customer_id, &request.draw_id).await;
        let frozen = found.map_err(refuse)?;
        let (own, rows) = (Some(customer_id), size(request.page_size));
        let page = read::tickets(&self.loyalty, &frozen, own, after, rows).await;
        let page = page.map_err(refuse)?;
        let unused = read::unused(&self.loyalty, &frozen, customer_id).await;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|held| held.ticket.number))?;
        let tickets = page.rows.iter();
        Ok(Response::new(contract::ListMemberTicketsResponse {
            tickets: tickets
                .map(|held| wire::draws::member_ticket(&frozen, held))
                .collect(),
            next_page_token,
            unused_tickets: unused.map_err(refuse)?,
        }))
    }

    async fn get_draw_proof(
        &self,
        request: Request<contract::GetDrawProofRequest>,
    ) -> Result<Response<contract::DrawProof>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let (draw_id, number) = (&request.draw_id, request.number);
        let proof = proof::proof(&self.loyalty, customer_id, draw_id, number).await;
        Ok(Response::new(wire::draws::proof(&proof.map_err(refuse)?)))
    }
}

impl Draws {
    fn list<'a>(&'a self, method: &'static str, of: &'a str, filter: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of,
            filter,
        }
    }
}
