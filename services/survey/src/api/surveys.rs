use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::survey::v1::survey_service_server::SurveyService;
use contract::patron::survey::v1::{
    GetInvitationRequest, GetQuestionnaireRequest, GetResponseRequest, GetScoreRequest, Invitation,
    ListInvitationsRequest, ListInvitationsResponse, ListQuestionnairesRequest,
    ListQuestionnairesResponse, Questionnaire, Response, Score, SubmitResponseRequest,
};
use tonic::{Request, Response as Reply, Status};

use crate::app::{App, Call};

/// How long a mutation may take when nobody has set its deadline.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// The service `patron.survey.v1.SurveyService`.
pub(crate) struct Surveys(pub(crate) App);

#[tonic::async_trait]
impl SurveyService for Surveys {
    async fn get_questionnaire(
        &self,
        request: Request<GetQuestionnaireRequest>,
    ) -> Result<Reply<Questionnaire>, Status> {
        Ok(Reply::new(
            self.0.get_questionnaire(request.get_ref()).await?,
        ))
    }

    async fn list_questionnaires(
        &self,
        request: Request<ListQuestionnairesRequest>,
    ) -> Result<Reply<ListQuestionnairesResponse>, Status> {
        Ok(Reply::new(
            self.0.list_questionnaires(request.get_ref()).await?,
        ))
    }

    async fn get_invitation(
        &self,
        request: Request<GetInvitationRequest>,
    ) -> Result<Reply<Invitation>, Status> {
        Ok(Reply::new(self.0.get_invitation(request.get_ref()).await?))
    }

    async fn list_invitations(
        &self,
        request: Request<ListInvitationsRequest>,
    ) -> Result<Reply<ListInvitationsResponse>, Status> {
        let confined = chassis::confined(&request);
        let listed = self
            .0
            .list_invitations(request.get_ref(), confined.as_ref());
        Ok(Reply::new(listed.await?))
    }

    async fn submit_response(
        &self,
        request: Request<SubmitResponseRequest>,
    ) -> Result<Reply<Response>, Status> {
        let call = call(&request)?;
        self.0.submit_response(&call, request.into_inner()).await
    }

    async fn get_response(
        &self,
        request: Request<GetResponseRequest>,
    ) -> Result<Reply<Response>, Status> {
        Ok(Reply::new(self.0.get_response(request.get_ref()).await?))
    }

    async fn get_score(&self, request: Request<GetScoreRequest>) -> Result<Reply<Score>, Status> {
        Ok(Reply::new(self.0.get_score(request.get_ref()).await?))
    }
}

fn call<T>(request: &Request<T>) -> Result<Call, Refusal> {
    let caller = chassis::caller(request)?.id().to_owned();
    let deadline = request.extensions().get().copied();
    Ok(Call {
        caller,
        deadline: deadline.unwrap_or_else(|| Deadline::after(DEFAULT_DEADLINE)),
    })
}
