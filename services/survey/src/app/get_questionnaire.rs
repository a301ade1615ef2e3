use chassis::Refusal;
use contract::patron::survey::v1::{GetQuestionnaireRequest, Questionnaire as WireQuestionnaire};

use super::{App, SurveyError};
use crate::domain::Questionnaire;
use crate::{store, wire};

impl App {
    /// Reads the current version of a questionnaire.
    pub(crate) async fn get_questionnaire(
        &self,
        request: &GetQuestionnaireRequest,
    ) -> Result<WireQuestionnaire, Refusal> {
        let questionnaire = self.current(&request.questionnaire_id).await?;
        Ok(wire::questionnaires::questionnaire(&questionnaire))
    }

    async fn current(&self, id: &str) -> Result<Questionnaire, SurveyError> {
        let mut db = self.snapshot().await?;
        let questionnaire = store::questionnaires::current(&mut db, id).await?;
        questionnaire.ok_or(SurveyError::QuestionnaireNotFound)
    }
}
