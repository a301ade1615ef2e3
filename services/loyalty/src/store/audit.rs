//! What the audit reads: members page by page, their entries as a stream.

use std::collections::BTreeMap;

use futures_util::{Stream, TryStreamExt as _};
use sqlx::PgConnection;
use uuid::Uuid;

use super::members::MemberRow;
use super::numbers::Numbered as _;
use super::{StoreError, lots};
use crate::domain::audit::{Recorded, RecordedReturn};
use crate::domain::{Account, Currency, Entry, Kind, Money, Points, Program, Sale, Wallet};

/// An entry with what the audit needs to know of its operation.
pub(crate) struct AuditedEntry {
    /// Whose it is.
    pub(crate) customer_id: Uuid,
    /// The operation.
    pub(crate) operation_id: Uuid,
    /// Its kind.
    pub(crate) kind: Kind,
    /// What caused it.
    pub(crate) reference: String,
    /// The entry.
    pub(crate) entry: Entry,
}

/// The next members of a program by id, with all that is recorded of them besides entries.
pub(crate) async fn members(
    db: &mut PgConnection,
    (program_id, versions): (&str, &BTreeMap<i64, Program>),
    after: Uuid,
    limit: i64,
) -> Result<BTreeMap<Uuid, Recorded>, StoreError> {
    let mut page = own_rows(db, program_id, after, limit).await?;
    let ids: Vec<Uuid> = page.keys().copied().collect();
    for (customer_id, lot) in lots::of_members(db, &ids).await? {
        if let Some(recorded) = page.get_mut(&customer_id) {
            recorded.wallet.lots.insert(lot.lot_id, lot);
        }
    }
    add_sales(db, &ids, versions, &mut page).await?;
    add_returns(db, &ids, &mut page).await?;
    add_redemptions(db, &ids, &mut page).await?;
    Ok(page)
}

async fn own_rows(
    db: &mut PgConnection,
    program_id: &str,
    after: Uuid,
    limit: i64,
) -> Result<BTreeMap<Uuid, Recorded>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, state, available, pending, held, debt, lifetime_earned, entry_count
        FROM members
        WHERE program_id = $1 AND customer_id > $2
        ORDER BY customer_id
        LIMIT $3
        "#,
        program_id,
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    let members = rows.into_iter().map(|row| {
        let wallet = Wallet::try_from(MemberRow {
            state: row.state,
            available: row.available,
            pending: row.pending,
            held: row.held,
            debt: row.debt,
            lifetime_earned: row.lifetime_earned,
            entry_count: row.entry_count,
        })?;
        let customer_id = row.customer_id;
        let (sales, returns, redemptions) = (Vec::new(), Vec::new(), Vec::new());
        Ok((
            customer_id,
            Recorded {
                customer_id,
                wallet,
                sales,
                returns,
                redemptions,
            },
        ))
    });
    members.collect()
}

async fn add_sales(
    db: &mut PgConnection,
    ids: &[Uuid],
    versions: &BTreeMap<i64, Program>,
    page: &mut BTreeMap<Uuid, Recorded>,
) -> Result<(), StoreError> {
    let rows = sqlx::query!("SELECT * FROM sales WHERE customer_id = ANY($1)", ids)
        .fetch_all(db)
        .await?;
    for row in rows {
        let sale = Sale {
            order_id: row.order_id,
            ordered_at: row.ordered_at.to_jiff(),
            program_version: row.program_version,
            total: Money {
                currency: Currency::parse(&row.currency_code)?,
                minor: row.total_minor,
            },
            refunded_minor: row.refunded_minor,
            wholly_returned: row.wholly_returned,
            earned: Points::new(row.earned),
            clawed_back: Points::new(row.clawed_back),
            lot_id: row.lot_id,
        };
        let program = versions.get(&sale.program_version).cloned();
        if let (Some(recorded), Some(program)) = (page.get_mut(&row.customer_id), program) {
            recorded.sales.push((sale, program));
        }
    }
    Ok(())
}

async fn add_returns(
    db: &mut PgConnection,
    ids: &[Uuid],
    page: &mut BTreeMap<Uuid, Recorded>,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, return_id, order_id, refund_minor FROM returns
         WHERE customer_id = ANY($1)",
        ids,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let (return_id, order_id, refund_minor) = (row.return_id, row.order_id, row.refund_minor);
        if let Some(recorded) = page.get_mut(&row.customer_id) {
            recorded.returns.push(RecordedReturn {
                return_id,
                order_id,
                refund_minor,
            });
        }
    }
    Ok(())
}

async fn add_redemptions(
    db: &mut PgConnection,
    ids: &[Uuid],
    page: &mut BTreeMap<Uuid, Recorded>,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, redemption_id, points FROM redemptions WHERE customer_id = ANY($1)",
        ids,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        if let Some(recorded) = page.get_mut(&row.customer_id) {
            recorded
                .redemptions
                .push((row.redemption_id, Points::new(row.points)));
        }
    }
    Ok(())
}

/// The entries of some members, by member and number. Never more of them in memory than the
/// connection buffers.
pub(crate) fn entries<'a>(
    db: &'a mut PgConnection,
    ids: &'a [Uuid],
) -> impl Stream<Item = Result<AuditedEntry, StoreError>> + 'a {
    let rows = sqlx::query!(
        r#"
        SELECT e.customer_id, e.entry_number, e.entry_id, e.account, e.amount, e.balance_after,
            e.lot_id, e.operation_id, o.kind, o.reference
        FROM entries e
        JOIN operations o ON o.customer_id = e.customer_id AND o.operation_id = e.operation_id
        WHERE e.customer_id = ANY($1)
        ORDER BY e.customer_id, e.entry_number
        "#,
        ids,
    )
    .fetch(db);
    rows.map_err(StoreError::from).and_then(|row| async move {
        let entry = Entry {
            entry_id: row.entry_id,
            entry_number: row.entry_number,
            account: Account::named(row.account)?,
            amount: Points::new(row.amount),
            balance_after: row.balance_after.map(Points::new),
            lot_id: row.lot_id,
        };
        let (customer_id, operation_id) = (row.customer_id, row.operation_id);
        let (kind, reference) = (Kind::named(row.kind)?, row.reference);
        Ok(AuditedEntry {
            customer_id,
            operation_id,
            kind,
            reference,
            entry,
        })
    })
}
