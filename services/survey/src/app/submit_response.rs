use chassis::Refusal;
use contract::patron::survey::v1::{Response as WireResponse, SubmitResponseRequest};
use events::NewEvent;
use idempotency::{Claim, Keeping, Key};
use seal::DataKey;
use sqlx::PgTransaction;
use tonic::{Response as Reply, Status};

use super::{App, Call, SurveyError};
use crate::domain::{
    Accepted, Answer, CustomerId, Invitation, InvitationId, Questionnaire, Response, ResponseId,
};
use crate::store::StoreError;
use crate::{store, wire};

const METHOD: &str = "patron.survey.v1.SurveyService/SubmitResponse";

impl App {
    /// Takes the answer to an invitation in.
    pub(crate) async fn submit_response(
        &self,
        call: &Call,
        request: SubmitResponseRequest,
    ) -> Result<Reply<WireResponse>, Status> {
        let key = Key::new(&call.caller, METHOD, &request.request_id)?;
        match idempotency::claim(
            &self.db,
            // As what people write is.
            &Keeping::Sealed(self.keyring.clone()),
            call.deadline,
            key,
            &request,
            self.now(),
        )
        .await?
        {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.submit(claimed.transaction(), request).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn submit(
        &self,
        tx: &mut PgTransaction<'_>,
        request: SubmitResponseRequest,
    ) -> Result<WireResponse, Refusal> {
        let id = InvitationId(wire::identifier("invitation_id", &request.invitation_id)?);
        let answers = wire::responses::answers(request.response.unwrap_or_default())?;
        let response = self.answer(tx, id, answers).await?;
        Ok(wire::responses::response(&response))
    }

    async fn answer(
        &self,
        tx: &mut PgTransaction<'_>,
        id: InvitationId,
        answers: Vec<Answer>,
    ) -> Result<Response, SurveyError> {
        let submitted_at = self.now();
        let open = store::invitations::lock(tx, &self.keyring, id).await?;
        let open = open.ok_or(SurveyError::InvitationNotFound)?;
        let invitation = open.complete(submitted_at)?;
        let questionnaire = asked(tx, &invitation).await?;
        let accepted = questionnaire.accept(&answers);
        let accepted = accepted.map_err(|faults| SurveyError::AnswersInvalid { faults })?;

        let response_id = ResponseId(self.clock.new_id());
        let response = Response {
            id: response_id,
            invitation: id,
            submitted_at,
            answers,
        };
        let key = self.key(tx, invitation.customer, &response).await?;
        store::invitations::update(tx, &invitation).await?;
        store::responses::insert(tx, key.as_ref(), invitation.customer, &response).await?;
        if let Some(rating) = accepted.rating {
            let (customer, id) = (invitation.customer, &questionnaire.id);
            store::ratings::insert(tx, customer, id, &response, rating).await?;
        }
        let event = announcement(&response, &invitation, &questionnaire, &accepted);
        self.outbox.append(tx, event).await?;
        Ok(response)
    }

    /// The key under which what is written in a response is sealed; `None`: nothing is. There is none for a person who
    /// was erased.
    async fn key(
        &self,
        tx: &mut PgTransaction<'_>,
        customer: CustomerId,
        response: &Response,
    ) -> Result<Option<DataKey>, StoreError> {
        if response.is_wordless() {
            return Ok(None);
        }
        let key = store::sealed::key(tx, &self.keyring, customer, response.submitted_at);
        Ok(Some(key.await?))
    }
}

/// The questionnaire as it was when the customer was asked.
async fn asked(
    tx: &mut PgTransaction<'_>,
    invitation: &Invitation,
) -> Result<Questionnaire, SurveyError> {
    let (id, version) = (
        &invitation.questionnaire_id,
        invitation.questionnaire_version,
    );
    let questionnaire = store::questionnaires::version(tx, id, version).await?;
    // A foreign key holds the version, so it can only lack its questions.
    Ok(questionnaire.ok_or(StoreError::Incomplete { table: "questions" })?)
}

fn announcement(
    response: &Response,
    invitation: &Invitation,
    questionnaire: &Questionnaire,
    accepted: &Accepted,
) -> NewEvent {
    let submitted = wire::events::submitted(response, invitation, questionnaire.metric, accepted);
    NewEvent::about(invitation.id.0, Some(invitation.customer.0), &submitted)
        .occurred_at(response.submitted_at)
}
