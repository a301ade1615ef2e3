//! The limit for a unary call: tonic alone, with messages of ours and no work at all.

use contract::patron::loyalty::v1::accrual_service_server::{AccrualService, AccrualServiceServer};
use contract::patron::loyalty::v1::{Accrual, CreateAccrualRequest, GetAccrualRequest};
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

/// Serves until the process is ended.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let address = ([127, 0, 0, 1], port).into();
    let server = AccrualServiceServer::new(Echo);
    Ok(tonic::transport::Server::builder()
        .add_service(server)
        .serve(address)
        .await?)
}
