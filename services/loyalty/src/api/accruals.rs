use contract::accrual_service_server::AccrualService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};

use super::refusals::refuse;
use crate::app::writer::{Writer, try_out};
use crate::app::{Call, Loyalty, accrue, read};
use crate::wire;

/// Credits of points.
pub(crate) struct Accruals {
    pub(crate) loyalty: Loyalty,
    pub(crate) writer: Writer,
}

#[tonic::async_trait]
impl AccrualService for Accruals {
    async fn create_accrual(
        &self,
        request: Request<contract::CreateAccrualRequest>,
    ) -> Result<Response<contract::Accrual>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let command = wire::accrue(&request, &call.caller)?;
        if request.validate_only {
            let tried = try_out(&self.loyalty, &command, call.deadline).await?;
            // It is none that could be found by its id.
            return Ok(Response::new(contract::Accrual {
                accrual_id: String::new(),
                lot_id: String::new(),
                create_time: None,
                ..tried
            }));
        }
        let request = call.request(accrue::METHOD, &request.request_id, &request)?;
        self.writer.submit(request, command, call.deadline).await
    }

    async fn get_accrual(
        &self,
        request: Request<contract::GetAccrualRequest>,
    ) -> Result<Response<contract::Accrual>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let accrual_id = wire::id(&request.accrual_id, "accrual_id")?;
        let found = read::credit(&self.loyalty, customer_id, accrual_id).await;
        Ok(Response::new(wire::credit(found.map_err(refuse)?)))
    }
}
