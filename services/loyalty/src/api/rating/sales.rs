use chassis::Confined;
use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::sale_service_server::SaleService;
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use crate::api::paging::{List, size, size_for, visible};
use crate::api::refusals::refuse;
use crate::app::Loyalty;
use crate::app::rating::{RatingError, read, retry};
use crate::wire;
use crate::wire::sales as encode;

const LIST: &str = "patron.loyalty.v1.SaleService/ListSales";
const LIST_PARKED: &str = "patron.loyalty.v1.SaleService/ListParkedRatings";

/// Where a page of what is parked ends.
type Place = (Timestamp, encode::Place);

/// Purchases, and what can't be rated.
pub(crate) struct Sales {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl SaleService for Sales {
    async fn get_sale(
        &self,
        request: Request<contract::GetSaleRequest>,
    ) -> Result<Response<contract::Sale>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let sale = read::sale(&self.loyalty, customer_id, &request.order_id).await;
        Ok(Response::new(encode::sale(sale.map_err(refuse)?)))
    }

    async fn list_sales(
        &self,
        request: Request<contract::ListSalesRequest>,
    ) -> Result<Response<contract::ListSalesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST, &request.customer_id);
        let before = pages.start::<(Timestamp, String)>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let size = size(request.page_size);
        let page = read::sales(&self.loyalty, customer_id, before.as_ref(), size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token =
            pages.next(last.map(|(sale, _)| (sale.ordered_at, &sale.order_id)))?;
        Ok(Response::new(contract::ListSalesResponse {
            sales: page.rows.into_iter().map(encode::sale).collect(),
            next_page_token,
        }))
    }

    async fn list_parked_ratings(
        &self,
        request: Request<contract::ListParkedRatingsRequest>,
    ) -> Result<Response<contract::ListParkedRatingsResponse>, Status> {
        let confined = chassis::confined(&request);
        let request = request.into_inner();
        let pages = self.list(LIST_PARKED, "");
        let after = pages.start::<Place>(&request.page_token)?;
        let after = after.map(|(at, key)| (at, encode::key_of(key)));
        let size = size_for(request.page_size, confined.as_ref());
        let reach = confined.as_ref().map(Confined::reach);
        let page = read::parked(&self.loyalty, reach, after.as_ref(), size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token =
            pages.next(last.map(|last| (last.parked_at, encode::place(&last.key))))?;
        let rows = visible(confined.as_ref(), page.rows, |it| it.key.customer_id).await?;
        Ok(Response::new(contract::ListParkedRatingsResponse {
            parked_ratings: rows.into_iter().map(encode::parked).collect(),
            next_page_token,
        }))
    }

    async fn retry_parked_rating(
        &self,
        request: Request<contract::RetryParkedRatingRequest>,
    ) -> Result<Response<contract::RetryParkedRatingResponse>, Status> {
        let key = encode::key(request.get_ref())?;
        let parked = read::parked_one(&self.loyalty, &key)
            .await
            .map_err(refuse)?;
        if parked.is_none() {
            return Err(refuse(RatingError::ParkedNotFound.into()));
        }
        retry(&self.loyalty, &key).await.map_err(refuse)?;
        let parked = read::parked_one(&self.loyalty, &key)
            .await
            .map_err(refuse)?;
        Ok(Response::new(contract::RetryParkedRatingResponse {
            parked_rating: parked.map(encode::parked),
        }))
    }
}

impl Sales {
    fn list<'a>(&'a self, method: &'static str, of: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of,
            filter: "",
        }
    }
}
