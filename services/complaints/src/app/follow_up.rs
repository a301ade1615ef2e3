use sqlx::PgTransaction;

use super::{App, CaseError};
use crate::domain::{CustomerId, Kind, Opening, Priority};
use crate::store::StoreError;

/// An unhappy answer to a survey, worth a call.
#[derive(Debug, Clone)]
pub(crate) struct FollowUp {
    pub(crate) customer: CustomerId,
    /// The id of the answer: one case follows from it, however often it is told.
    pub(crate) response_id: String,
    /// The rating, 0 to 10.
    pub(crate) rating: i32,
    /// The order that was asked about; empty when it was something else.
    pub(crate) order_id: String,
}

impl App {
    /// Opens the case in which somebody calls the customer, unless there is one.
    pub(crate) async fn follow_up(
        &self,
        tx: &mut PgTransaction<'_>,
        follow_up: FollowUp,
        actor: &str,
    ) -> Result<(), CaseError> {
        let opening = Opening {
            customer: follow_up.customer,
            kind: Kind::FollowUp,
            priority: Priority::Normal,
            channel: "survey".to_owned(),
            // What the customer wrote stays in the survey; whoever calls reads it there.
            subject: format!("Call back: would recommend us {} of 10", follow_up.rating),
            description: String::new(),
            order_id: follow_up.order_id,
            origin: follow_up.response_id,
        };
        match self.open(tx, opening, actor).await {
            // Whoever is erased is not called back.
            Ok(_) | Err(CaseError::Store(StoreError::Erased)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
