use chassis::Refusal;
use contract::patron::survey::v1::{GetScoreRequest, Score as WireScore};

use super::{App, SurveyError};
use crate::domain::score::Score;
use crate::wire::scores::Period;
use crate::{store, wire};

impl App {
    /// Computes the score of a questionnaire over the answers of a period.
    pub(crate) async fn get_score(&self, request: &GetScoreRequest) -> Result<WireScore, Refusal> {
        let period = wire::scores::period(request)?;
        let score = self.score(&request.questionnaire_id, period).await?;
        Ok(wire::scores::score(&request.questionnaire_id, &score))
    }

    async fn score(&self, id: &str, period: Period) -> Result<Score, SurveyError> {
        let mut db = self.snapshot().await?;
        let metric = store::questionnaires::metric(&mut db, id).await?;
        let metric = metric.ok_or(SurveyError::QuestionnaireNotFound)?;
        let Period { start, end } = period;
        let ratings = store::ratings::count(&mut db, id, start, end).await?;
        Ok(Score::of(metric, &ratings))
    }
}
