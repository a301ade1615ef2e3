//! Becoming a member.

use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{AppError, DEFAULT_PROGRAM, Loyalty};
use crate::store::members::{self, Membership};
use crate::wire;

/// Makes the customer a member of the default program; a member stays what it is.
pub(crate) async fn enrol(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
) -> Result<(), AppError> {
    if members::enrol(tx, customer_id, DEFAULT_PROGRAM, loyalty.now()).await? {
        let event = wire::enrolled(customer_id, DEFAULT_PROGRAM);
        loyalty
            .outbox
            .append(tx, NewEvent::about(customer_id, Some(customer_id), &event))
            .await?;
    }
    Ok(())
}

/// The member, locked, with the program of the instant `at`. A customer who is no member yet
/// becomes one: an order may be heard of before the customer is.
pub(crate) async fn locked(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    at: Timestamp,
) -> Result<Membership, AppError> {
    if let Some(membership) = members::lock(tx, customer_id, at).await? {
        return Ok(membership);
    }
    enrol(loyalty, tx, customer_id).await?;
    let membership = members::lock(tx, customer_id, at).await?;
    membership.ok_or_else(|| AppError::ProgramNotFound {
        program_id: DEFAULT_PROGRAM.to_owned(),
    })
}
