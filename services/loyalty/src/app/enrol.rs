//! Becoming a member.

use std::collections::BTreeMap;

use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{AppError, DEFAULT_PROGRAM, Loyalty};
use crate::store::ledger::holders;
use crate::wire;

/// Makes customers members of the default program; a member stays what it is. Beside each customer
/// stands the trace of what makes it one. What there is to announce is for the caller to append.
pub(super) async fn enrol_all(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customers: &BTreeMap<Uuid, &str>,
) -> Result<Vec<NewEvent>, AppError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = customers.keys().copied().collect();
    let enrolled = holders::enrol_all(tx, &ids, DEFAULT_PROGRAM, loyalty.now()).await?;
    let announcements = enrolled.into_iter().map(|customer_id| {
        let event = wire::enrolled(customer_id, DEFAULT_PROGRAM);
        let trace = customers.get(&customer_id).copied().unwrap_or_default();
        NewEvent::about(customer_id, Some(customer_id), &event).in_trace(trace)
    });
    Ok(announcements.collect())
}
