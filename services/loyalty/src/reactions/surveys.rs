use async_trait::async_trait;
use contract::patron::survey::v1::ResponseSubmitted;
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;

use crate::app::Loyalty;
use crate::app::rating::{Fact, Told, record};
use crate::wire;

/// Answers to surveys are acts of those who were asked: `survey_completed`.
pub(crate) struct Surveys(pub(crate) Loyalty);

#[async_trait]
impl Handler for Surveys {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        let Some(submitted) = event.payload::<ResponseSubmitted>()? else {
            return Ok(());
        };
        let act = wire::survey_completed(submitted, event.occur_time())?;
        let told = Told {
            fact: Fact::Did(act),
            trace: event.traceparent(),
        };
        record(&self.0, tx, &[told]).await?;
        Ok(())
    }
}
