use contract::patron::loyalty::v1 as contract;
use contract::program_service_server::ProgramService;
use tonic::{Request, Response, Status};

use super::refusals::refuse;
use crate::app::{Loyalty, read};
use crate::wire;

/// Loyalty programs.
pub(crate) struct Programs(pub(crate) Loyalty);

#[tonic::async_trait]
impl ProgramService for Programs {
    async fn get_program(
        &self,
        request: Request<contract::GetProgramRequest>,
    ) -> Result<Response<contract::Program>, Status> {
        let program = read::program(&self.0, &request.get_ref().program_id).await;
        Ok(Response::new(wire::program(&*program.map_err(refuse)?)))
    }
}
