//! Writing what was posted.

use sqlx::PgTransaction;
use uuid::Uuid;

use super::holder::HoldChange;
use super::{BACKGROUND_CHAINS, Books};
use crate::app::AppError;
use crate::domain::chain::CHAINS;
use crate::domain::ledger::{Points, WalletId};
use crate::store::households::{self, SpendingRow};
use crate::store::ledger::holds::{self, HoldRow};
use crate::store::ledger::restorations::{self, RestorationRow};
use crate::store::ledger::{self, Writing};
use crate::store::membership::merges::{self, Gain};

impl Books {
    /// Lets the link be added to the chain of a writer, instead of one of the background.
    pub(crate) fn link_to(&mut self, chain: u8) {
        self.chain = Some(chain);
    }

    /// Writes everything, in as many statements as there are kinds of things, and announces the
    /// events. Nothing may be written to the ledger by this transaction afterwards.
    pub(crate) async fn write(self, tx: &mut PgTransaction<'_>) -> Result<(), AppError> {
        self.write_holds(tx).await?;
        self.write_restorations(tx).await?;
        self.write_spending(tx).await?;
        self.write_gains(tx).await?;
        self.outbox.append_all(tx, &self.events).await?;
        if !self.operations.is_empty() {
            // Last, since it takes the chain's lock.
            ledger::write(tx, &self.writing()).await?;
        }
        Ok(())
    }

    fn writing(&self) -> Writing<'_> {
        let mut writing = Writing::new(i16::from(self.chain()), self.now);
        for operation in &self.operations {
            writing.operation(operation);
        }
        for (holder_id, holder) in &self.holders {
            let changed = holder.wallets.iter().filter(|(_, open)| open.is_changed);
            for (wallet_id, open) in changed {
                let lots = open.wallet.lots();
                for lot in open.opened.iter().filter_map(|lot_id| lots.get(*lot_id)) {
                    writing.opened(*holder_id, wallet_id, lot);
                }
                for lot in open
                    .moved
                    .difference(&open.opened)
                    .filter_map(|id| lots.get(*id))
                {
                    writing.moved(*holder_id, lot.lot_id, lot.parts);
                }
                let figures = open.wallet.figures();
                writing.settled(*holder_id, wallet_id, figures, open.last_operation_id);
            }
        }
        writing
    }

    fn chain(&self) -> u8 {
        let of_background = || {
            let first = self.operations.first();
            // The last byte of an id is random.
            let byte = first.map_or(0, |first| first.holder_id.as_bytes()[15]);
            BACKGROUND_CHAINS + byte % (CHAINS - BACKGROUND_CHAINS)
        };
        self.chain.unwrap_or_else(of_background)
    }

    async fn write_holds(&self, tx: &mut PgTransaction<'_>) -> Result<(), AppError> {
        let all = self
            .holders
            .values()
            .flat_map(|holder| holder.holds.values());
        let with = |change: HoldChange| -> Vec<&HoldRow> {
            let open = all.clone().filter(|open| open.change == change);
            open.map(|open| &open.row).collect()
        };
        let (new, changed) = (with(HoldChange::New), with(HoldChange::Changed));
        if !new.is_empty() {
            holds::insert(tx, &new).await?;
        }
        if !changed.is_empty() {
            holds::update(tx, &changed).await?;
        }
        Ok(())
    }

    async fn write_spending(&self, tx: &mut PgTransaction<'_>) -> Result<(), AppError> {
        let mut rows = Vec::new();
        for (household_id, holder) in &self.holders {
            let spending = holder.pool.iter().flat_map(|pool| &pool.spending);
            let changed = spending.filter(|(_, drawn)| drawn.is_changed);
            rows.extend(
                changed.map(|((customer_id, wallet_id), drawn)| SpendingRow {
                    household_id: *household_id,
                    customer_id: *customer_id,
                    wallet_id: *wallet_id,
                    period: drawn.period.clone(),
                    points: drawn.points,
                }),
            );
        }
        if !rows.is_empty() {
            households::set_spending(tx, &rows).await?;
        }
        Ok(())
    }

    async fn write_gains(&self, tx: &mut PgTransaction<'_>) -> Result<(), AppError> {
        let gains = self.gains.iter().filter(|(_, points)| !points.is_zero());
        let gain =
            |((customer_id, merge_id, wallet_id), points): (&(Uuid, Uuid, WalletId), &Points)| {
                Gain {
                    customer_id: *customer_id,
                    merge_id: *merge_id,
                    wallet_id: *wallet_id,
                    points: *points,
                }
            };
        let gains: Vec<Gain> = gains.map(gain).collect();
        if !gains.is_empty() {
            merges::add_gains(tx, &gains).await?;
        }
        Ok(())
    }

    async fn write_restorations(&self, tx: &mut PgTransaction<'_>) -> Result<(), AppError> {
        let mut rows = Vec::new();
        for (holder_id, holder) in &self.holders {
            let changed = holder
                .redemptions
                .iter()
                .filter(|(_, open)| open.is_changed);
            rows.extend(changed.map(|(redemption_id, open)| RestorationRow {
                holder_id: *holder_id,
                redemption_id: *redemption_id,
                restored: open.spent.restored,
            }));
        }
        if !rows.is_empty() {
            restorations::set(tx, &rows).await?;
        }
        Ok(())
    }
}
