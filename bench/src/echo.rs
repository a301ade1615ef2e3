//! The limit for a unary call: tonic alone, with messages of ours and no work at all.

use contract::patron::loyalty::v1::accrual_service_server::{AccrualService, AccrualServiceServer};
use contract::patron::loyalty::v1::sale_service_server::{SaleService, SaleServiceServer};
use contract::patron::loyalty::v1::{
    Accrual, CreateAccrualRequest, GetAccrualRequest, GetSaleRequest, ListParkedRatingsRequest,
    ListParkedRatingsResponse, ListSalesRequest, ListSalesResponse, RetryParkedRatingRequest,
    RetryParkedRatingResponse, Sale, SaleLine,
};
use contract::patron::r#type::v1::Money;
use tonic::{Request, Response, Status};

struct Echo;

#[tonic::async_trait]
impl AccrualService for Echo {
    async fn create_accrual(
        &self,
        request: Request<CreateAccrualRequest>,
    ) -> Result<Response<Accrual>, Status> {
        Ok(Response::new(
            request.into_inner().accrual.unwrap_or_default(),
        ))
    }

    async fn get_accrual(
        &self,
        request: Request<GetAccrualRequest>,
    ) -> Result<Response<Accrual>, Status> {
        let customer_id = request.into_inner().customer_id;
        // About as large as a customer.
        let reference = "x".repeat(150);
        Ok(Response::new(Accrual {
            customer_id,
            reference,
            ..Accrual::default()
        }))
    }
}

/// Purchases of four lines, or of as many as the order's id says: `lines-100`.
#[tonic::async_trait]
impl SaleService for Echo {
    async fn get_sale(&self, request: Request<GetSaleRequest>) -> Result<Response<Sale>, Status> {
        let GetSaleRequest {
            customer_id,
            order_id,
        } = request.into_inner();
        let lines = order_id.strip_prefix("lines-");
        let lines = lines.and_then(|lines| lines.parse().ok()).unwrap_or(4);
        Ok(Response::new(Sale {
            customer_id,
            order_id,
            channel: "store".to_owned(),
            store_id: "london-3".to_owned(),
            lines: (0..lines).map(line).collect(),
            program_version: 7,
            ..Sale::default()
        }))
    }

    async fn list_sales(
        &self,
        _: Request<ListSalesRequest>,
    ) -> Result<Response<ListSalesResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn list_parked_ratings(
        &self,
        _: Request<ListParkedRatingsRequest>,
    ) -> Result<Response<ListParkedRatingsResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn retry_parked_rating(
        &self,
        _: Request<RetryParkedRatingRequest>,
    ) -> Result<Response<RetryParkedRatingResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}

fn line(number: i64) -> SaleLine {
    SaleLine {
        line_id: (number + 1).to_string(),
        product_id: format!("article-{}", 48_271 * (number + 1) % 99_991),
        category: "groceries/tea".to_owned(),
        quantity: number % 3 + 1,
        amount: Some(Money {
            currency_code: "GBP".to_owned(),
            amount_minor: 399 + 100 * number,
        }),
        returned_quantity: 0,
        refunded: None,
    }
}

/// Serves until the process is ended.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let address = ([127, 0, 0, 1], port).into();
    Ok(tonic::transport::Server::builder()
        .add_service(AccrualServiceServer::new(Echo))
        .add_service(SaleServiceServer::new(Echo))
        .serve(address)
        .await?)
}
