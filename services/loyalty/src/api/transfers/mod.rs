mod refusals;

use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::transfer_service_server::TransferService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Call, Loyalty, transfers};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.TransferService/ListTransfers";

/// Points that members send each other.
pub(crate) struct Transfers {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl TransferService for Transfers {
    async fn create_transfer(
        &self,
        request: Request<contract::CreateTransferRequest>,
    ) -> Result<Response<contract::Transfer>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        if request.validate_only {
            let sending = wire::transfers::sending(&request)?;
            let tried = transfers::try_out(&self.loyalty, &call, &sending).await;
            return Ok(Response::new(tried.map_err(refuse)?));
        }
        transfers::create(&self.loyalty, &call, request).await
    }

    async fn get_transfer(
        &self,
        request: Request<contract::GetTransferRequest>,
    ) -> Result<Response<contract::Transfer>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let transfer_id = wire::id(&request.transfer_id, "transfer_id")?;
        let found = transfers::one(&self.loyalty, customer_id, transfer_id).await;
        let sent = wire::transfers::transfer(&found.map_err(refuse)?, None);
        Ok(Response::new(sent))
    }

    async fn list_transfers(
        &self,
        request: Request<contract::ListTransfersRequest>,
    ) -> Result<Response<contract::ListTransfersResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.customer_id,
            filter: "",
        };
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let size = size(request.page_size);
        let page = transfers::page(&self.loyalty, customer_id, before, size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|sent| sent.transfer_id))?;
        let rows = page.rows.iter();
        Ok(Response::new(contract::ListTransfersResponse {
            transfers: rows
                .map(|sent| wire::transfers::transfer(sent, None))
                .collect(),
            next_page_token,
        }))
    }
}
