use chassis::Refusal;
use chassis::paging::{Scope, page_size};
use contract::patron::survey::v1::{ListQuestionnairesRequest, ListQuestionnairesResponse};

use super::{App, SurveyError, page};
use crate::domain::Questionnaire;
use crate::{store, wire};

const SCOPE: Scope<'_> = Scope {
    method: "patron.survey.v1.SurveyService/ListQuestionnaires",
    filters: &[],
};

impl App {
    /// Lists the current versions of all questionnaires, by id.
    pub(crate) async fn list_questionnaires(
        &self,
        request: &ListQuestionnairesRequest,
    ) -> Result<ListQuestionnairesResponse, Refusal> {
        let after: Option<String> = self.pages.decode(SCOPE, &request.page_token)?;
        let size = page_size(request.page_size, 50, 500);
        let mut listed = self
            .questionnaires(&after.unwrap_or_default(), size)
            .await?;
        let last = page::cut(&mut listed, size).map(|questionnaire| &questionnaire.id);
        let next_page_token = last.map(|id| self.pages.encode(SCOPE, id)).transpose()?;
        Ok(ListQuestionnairesResponse {
            questionnaires: listed
                .iter()
                .map(wire::questionnaires::questionnaire)
                .collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        })
    }

    /// One more than the page holds.
    async fn questionnaires(
        &self,
        after: &str,
        size: u16,
    ) -> Result<Vec<Questionnaire>, SurveyError> {
        let mut db = self.snapshot().await?;
        Ok(store::questionnaires::list(&mut db, after, i64::from(size) + 1).await?)
    }
}
