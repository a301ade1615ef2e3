//! Everything that a customer did, merged from the tables of each kind.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::orders::After;
use crate::domain::interaction::RecordedInteraction;
use crate::domain::order::RecordedOrder;
use crate::domain::returns::RecordedReturn;

/// Something that a customer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Order(RecordedOrder),
    Return(RecordedReturn),
    Interaction(RecordedInteraction),
}

impl Entry {
    /// Where it stands in the timeline.
    pub(crate) fn place(&self) -> After {
        match self {
            Self::Order(order) => (order.order.time, order.entry_id),
            Self::Return(applied) => (applied.content.time, applied.entry_id),
            Self::Interaction(it) => (it.interaction.time, it.entry_id),
        }
    }
}

/// The latest `limit` of a person with these homes, after a place in the timeline. Returns are in it once they are
/// applied.
///
/// Each kind gives its own latest from its own index; the page is among them.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    after: After,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let orders = super::orders::list(connection, homes, after, limit).await?;
    let returns = super::returns::list_applied(connection, homes, after, limit).await?;
    let interactions = super::interactions::list(connection, homes, after, limit).await?;
    let mut entries: Vec<_> = orders
        .into_iter()
        .map(Entry::Order)
        .chain(returns.into_iter().map(Entry::Return))
        .chain(interactions.into_iter().map(Entry::Interaction))
        .collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.place()));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}
