//! Becoming a member.

use std::collections::BTreeMap;

use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::membership::cards;
use super::{AppError, DEFAULT_PROGRAM, Loyalty};
use crate::store::ledger::holders;
use crate::wire;

/// Makes customers members of the default program; a member stays what it is. Beside each customer
/// stands the trace of what makes it one. Tells who has become one, with what there is to announce,
/// which is for the caller to append.
pub(super) async fn enrol_all(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customers: &BTreeMap<Uuid, &str>,
) -> Result<Vec<(Uuid, NewEvent)>, AppError> {
    enrol_into(loyalty, tx, customers, DEFAULT_PROGRAM).await
}

/// As [`enrol_all`], of another program. Each gets a card.
pub(super) async fn enrol_into(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customers: &BTreeMap<Uuid, &str>,
    program_id: &str,
) -> Result<Vec<(Uuid, NewEvent)>, AppError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = customers.keys().copied().collect();
    let enrolled = holders::enrol_all(tx, &ids, program_id, loyalty.now()).await?;
    cards::issue(loyalty, tx, &enrolled).await?;
    let announcements = enrolled.into_iter().map(|customer_id| {
        let event = wire::enrolled(customer_id, program_id);
        let trace = customers.get(&customer_id).copied().unwrap_or_default();
        let event = NewEvent::about(customer_id, Some(customer_id), &event).in_trace(trace);
        (customer_id, event)
    });
    Ok(announcements.collect())
}
