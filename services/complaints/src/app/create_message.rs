use chassis::Refusal;
use contract::patron::complaints::v1::{CaseMessage, CreateCaseMessageRequest};
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::advance::Step;
use super::{App, Call};
use crate::domain::{CaseId, Change};
use crate::wire;

const METHOD: &str = "patron.complaints.v1.CaseService/CreateCaseMessage";

impl App {
    /// Adds a message to a case.
    pub(crate) async fn create_message(
        &self,
        call: &Call,
        request: CreateCaseMessageRequest,
    ) -> Result<Response<CaseMessage>, Status> {
        let key = Key::new(&call.caller, METHOD, &request.request_id)?;
        match self.claim(call, key, &request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.say(claimed.transaction(), call, request).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn say(
        &self,
        tx: &mut PgTransaction<'_>,
        call: &Call,
        request: CreateCaseMessageRequest,
    ) -> Result<CaseMessage, Refusal> {
        let case = CaseId(wire::identifier("case_id", &request.case_id)?);
        let message = wire::log::new_message(request.message.unwrap_or_default())?;
        let change = Change::Message(message.clone());
        let step = Step {
            case,
            change,
            actor: &call.caller,
            etag: "",
        };
        let (case, entry) = self.advance(tx, step).await?;
        Ok(wire::log::message(case.id, &entry, &message))
    }
}
