use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use postgres::DatabaseError;
use seal::store::dead_among;
use sqlx::PgConnection;
use tonic::Code;
use uuid::Uuid;

/// That a customer was erased.
pub fn erased() -> Refusal {
    let message = "the customer was erased; nothing is taken in about the person any more";
    Refusal::new(
        Code::FailedPrecondition,
        ErrorReason::CustomerErased,
        message,
    )
}

/// Whether something may be taken in about a customer: not when the customer was erased. To be asked in
/// the transaction that takes it in, after that has written something (a request id, say): an erasure
/// waits for transactions that have, and then removes what they wrote.
///
/// # Errors
/// When the database could not be asked.
pub async fn admit(
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<Result<(), Refusal>, DatabaseError> {
    let dead = dead_among(db, &[customer_id]).await?;
    Ok(if dead.is_empty() {
        Ok(())
    } else {
        Err(erased())
    })
}
