//! The limit for a unary call: tonic alone, with messages of ours and no work at all.

use contract::patron::loyalty::v1::program_service_server::{ProgramService, ProgramServiceServer};
use contract::patron::loyalty::v1::{GetProgramRequest, Program};
use tonic::{Request, Response, Status};

struct Echo;

#[tonic::async_trait]
impl ProgramService for Echo {
    async fn get_program(
        &self,
        request: Request<GetProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let program_id = request.into_inner().program_id;
        // About as large as a customer.
        let display_name = "x".repeat(150);
        Ok(Response::new(Program {
            program_id,
            display_name,
            ..Program::default()
        }))
    }
}

/// Serves until the process is ended.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let address = ([127, 0, 0, 1], port).into();
    let server = ProgramServiceServer::new(Echo);
    Ok(tonic::transport::Server::builder()
        .add_service(server)
        .serve(address)
        .await?)
}
