//! A member with all that is asked for with it, as of one moment and in one round trip: it is what
//! shops and apps read at each turn.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::ledger::{Balances, Figures, Points, State, WalletId};
use crate::store::StoreError;
use crate::store::ledger::holders::{HolderKind, HolderRow, Merged};
use crate::store::numbers::Numbered as _;

/// A holder with its card and figures.
#[derive(Debug)]
pub(crate) struct Overview {
    /// The holder.
    pub(crate) holder: HolderRow,
    /// The revision of its program.
    pub(crate) revision: Option<Uuid>,
    /// The number of its valid card.
    pub(crate) card_number: Option<String>,
    /// Its wallets, and those of its household's pool.
    pub(crate) wallets: Vec<(Uuid, WalletId, Figures)>,
}

/// A row for each wallet, or one without.
struct Row {
    kind: i16,
    program_id: String,
    state: i16,
    enrolled_at: jiff_sqlx::Timestamp,
    household_id: Option<Uuid>,
    merged_into: Option<Uuid>,
    merge_id: Option<Uuid>,
    revision: Option<Uuid>,
    card_number: Option<String>,
    owner_id: Option<Uuid>,
    wallet_id: Option<String>,
    available: Option<i64>,
    pending: Option<i64>,
    held: Option<i64>,
    debt: Option<i64>,
    lifetime_earned: Option<i64>,
    entry_count: Option<i64>,
}

/// Reads it.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    holder_id: Uuid,
) -> Result<Option<Overview>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT holder.kind, holder.program_id, holder.state, holder.enrolled_at,
            holder.household_id, holder.merged_into, holder.merge_id,
            program.revision AS "revision?", card.card_number AS "card_number?",
            wallet.holder_id AS "owner_id?", wallet.wallet_id AS "wallet_id?",
            wallet.available AS "available?", wallet.pending AS "pending?",
            wallet.held AS "held?", wallet.debt AS "debt?",
            wallet.lifetime_earned AS "lifetime_earned?", wallet.entry_count AS "entry_count?"
        FROM holders AS holder
        LEFT JOIN programs AS program USING (program_id)
        LEFT JOIN cards AS card
            ON card.customer_id = holder.holder_id AND card.ended_at IS NULL
        LEFT JOIN wallets AS wallet
            ON wallet.holder_id = ANY (ARRAY[holder.holder_id, holder.household_id])
        WHERE holder.holder_id = $1
        "#,
        holder_id,
    )
    .fetch_all(db)
    .await?;
    let wallets = rows
        .iter()
        .filter_map(Row::wallet)
        .collect::<Result<_, _>>()?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(Overview {
        holder: HolderRow {
            kind: HolderKind::named(row.kind)?,
            program_id: row.program_id,
            state: State::named(row.state)?,
            enrolled_at: row.enrolled_at.to_jiff(),
            household_id: row.household_id,
            merged: Merged::of(row.merged_into, row.merge_id),
        },
        revision: row.revision,
        card_number: row.card_number,
        wallets,
    }))
}

impl Row {
    fn wallet(&self) -> Option<Result<(Uuid, WalletId, Figures), StoreError>> {
        let (owner_id, wallet_id) = (self.owner_id?, self.wallet_id.as_deref()?);
        let figures = Figures {
            balances: Balances {
                available: Points::new(self.available?),
                pending: Points::new(self.pending?),
                held: Points::new(self.held?),
                debt: Points::new(self.debt?),
            },
            lifetime_earned: Points::new(self.lifetime_earned?),
            entry_count: self.entry_count?,
        };
        let wallet = WalletId::parse(wallet_id).map(|wallet_id| (owner_id, wallet_id, figures));
        Some(wallet.map_err(StoreError::from))
    }
}
