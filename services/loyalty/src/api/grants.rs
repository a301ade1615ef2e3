use chassis::paging::PageTokens;
use contract::grant_service_server::GrantService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Loyalty, grants};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.GrantService/ListGrants";

/// What members were given.
pub(crate) struct Grants {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl GrantService for Grants {
    async fn list_grants(
        &self,
        request: Request<contract::ListGrantsRequest>,
    ) -> Result<Response<contract::ListGrantsResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: "",
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = grants::page(&self.loyalty, customer_id, before, size(request.page_size)).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|(given, _)| given.grant_id))?;
        Ok(Response::new(contract::ListGrantsResponse {
            grants: page.rows.into_iter().map(wire::grants::given).collect(),
            next_page_token,
        }))
    }
}
