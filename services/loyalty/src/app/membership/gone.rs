//! A customer of whom only a file spoke is gone, since the file was taken back: so is the membership.

use contract::patron::loyalty::v1 as contract;
use sqlx::{Acquire as _, PgTransaction};
use uuid::Uuid;

use super::close::end;
use super::{follower, settle};
use crate::app::{AppError, Loyalty};

/// Ends the membership of a customer who is no more. What the membership forbids is left, and told.
pub(crate) async fn gone(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
) -> Result<(), AppError> {
    let request = contract::CloseMemberRequest {
        forfeit_points: true,
        reason: "the customer was removed".to_owned(),
        ..contract::CloseMemberRequest::default()
    };
    let mut attempt = tx.begin().await?;
    let ended = end(loyalty, &mut attempt, &follower(), (customer_id, &request)).await;
    if let Err(error) = settle(attempt, ended.map(drop)).await? {
        tracing::warn!(%customer_id, %error, "the membership of a removed customer stays");
    }
    Ok(())
}
