use chassis::Refusal;
use contract::patron::complaints::v1::{Case, ResolveCaseRequest};
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::advance::Step;
use super::{App, Call};
use crate::domain::{CaseId, Change};
use crate::wire;

const METHOD: &str = "patron.complaints.v1.CaseService/ResolveCase";

impl App {
    /// States that a case is resolved.
    pub(crate) async fn resolve_case(
        &self,
        call: &Call,
        request: ResolveCaseRequest,
    ) -> Result<Response<Case>, Status> {
        let key = Key::new(&call.caller, METHOD, &request.request_id)?;
        match self.claim(call, key, &request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.resolve(claimed.transaction(), call, request).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn resolve(
        &self,
        tx: &mut PgTransaction<'_>,
        call: &Call,
        request: ResolveCaseRequest,
    ) -> Result<Case, Refusal> {
        let case = CaseId(wire::identifier("case_id", &request.case_id)?);
        let resolution = wire::stored("resolution", request.resolution)?;
        let change = Change::Resolved { resolution };
        let step = Step {
            case,
            change,
            actor: &call.caller,
            etag: &request.etag,
        };
        let (case, _) = self.advance(tx, step).await?;
        Ok(wire::cases::case(&case))
    }
}
