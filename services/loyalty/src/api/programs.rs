use contract::patron::loyalty::v1 as contract;
use contract::program_service_server::ProgramService;
use tonic::{Request, Response, Status};

use super::refusals::refuse;
use crate::app::verify::{Verified, verify};
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
        Ok(Response::new(wire::program(program.map_err(refuse)?)))
    }

    async fn verify_ledger(
        &self,
        request: Request<contract::VerifyLedgerRequest>,
    ) -> Result<Response<contract::VerifyLedgerResponse>, Status> {
        let program_id = request.into_inner().program_id;
        let verified = verify(&self.0.db, &program_id).await.map_err(refuse)?;
        let Verified {
            members,
            entries,
            difference,
        } = verified;
        let difference = difference.map(|difference| difference.to_string());
        self.0.imbalance.set(i64::from(difference.is_some()));
        if let Some(difference) = &difference {
            tracing::error!(
                loyalty.program = program_id,
                difference,
                "the ledger does not add up"
            );
        }
        Ok(Response::new(contract::VerifyLedgerResponse {
            balanced: difference.is_none(),
            member_count: members,
            entry_count: entries,
            difference: difference.unwrap_or_default(),
        }))
    }
}
