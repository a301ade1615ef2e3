//! Locking holders, and reading of them what is needed: a few statements, of however many.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Books, Holder, Ids, Need, OpenRedemption, Points};
use crate::app::{AppError, Loyalty};
use crate::domain::ledger::{Kind, Spent, WalletId};
use crate::store::ledger::lots::{self, Owned, Wanted};
use crate::store::ledger::{holders, holds, operations, restorations, wallets};

impl Books {
    /// Locks the holders, in ascending order of their ids, and reads what is needed of them. A holder
    /// that is none is missing afterwards; so is a wallet that the program does not have.
    pub(crate) async fn open(
        loyalty: &Loyalty,
        db: &mut PgConnection,
        needs: &[Need],
    ) -> Result<Self, AppError> {
        let mut books = Self {
            clock: loyalty.clock.clone(),
            outbox: loyalty.outbox.clone(),
            now: loyalty.now(),
            chain: None,
            ids: Ids::above(Uuid::nil()),
            holders: HashMap::new(),
            operations: Vec::new(),
            events: Vec::new(),
            buffer: Vec::new(),
        };
        books.reach(loyalty, db, needs).await?;
        Ok(books)
    }

    /// Reaches for more, as [`Books::open`] does: lots of holders that are here, or others. Holders
    /// should be named when the books are opened; of those that come later no order can be kept, and
    /// two transactions may wait for each other until one of them is undone.
    pub(crate) async fn reach(
        &mut self,
        loyalty: &Loyalty,
        db: &mut PgConnection,
        needs: &[Need],
    ) -> Result<(), AppError> {
        self.lock(loyalty, db, needs).await?;
        self.add_wallets(db, needs).await?;
        self.add_holds(db, needs).await?;
        self.add_redemptions(db, needs).await?;
        self.add_lots(db, needs).await
    }

    async fn lock(
        &mut self,
        loyalty: &Loyalty,
        db: &mut PgConnection,
        needs: &[Need],
    ) -> Result<(), AppError> {
        let is_new = |holder_id: &Uuid| !self.holders.contains_key(holder_id);
        let mut ids: Vec<Uuid> = needs
            .iter()
            .map(|need| need.holder_id)
            .filter(is_new)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        let rows = holders::lock(db, &ids).await?;
        for (holder_id, row) in rows {
            let program = loyalty.programs.at(db, &row.program_id, self.now).await?;
            let first_wallet = program.first_wallet()?;
            self.holders
                .insert(holder_id, Holder::new(row, program, first_wallet));
        }
        let locked: Vec<Uuid> = ids
            .into_iter()
            .filter(|id| self.holders.contains_key(id))
            .collect();
        for row in wallets::of_holders(db, &locked).await? {
            self.ids.raise(row.last_operation_id);
            if let Some(holder) = self.holders.get_mut(&row.holder_id) {
                holder.add_wallet(&row);
            }
        }
        Ok(())
    }

    /// Makes the wallets that the program has and the holder does not have yet.
    async fn add_wallets(&mut self, db: &mut PgConnection, needs: &[Need]) -> Result<(), AppError> {
        let mut missing = Vec::new();
        for need in needs {
            let Some(holder) = self.holders.get_mut(&need.holder_id) else {
                continue;
            };
            let wallet_id = need.wallet_id.unwrap_or(holder.first_wallet);
            if !holder.wallets.contains_key(&wallet_id) && holder.program.has_wallet(wallet_id) {
                holder.add_empty_wallet(wallet_id);
                missing.push((need.holder_id, wallet_id));
            }
        }
        if !missing.is_empty() {
            wallets::create(db, &missing).await?;
        }
        Ok(())
    }

    async fn add_holds(&mut self, db: &mut PgConnection, needs: &[Need]) -> Result<(), AppError> {
        let named = needs
            .iter()
            .filter_map(|need| Some((need.holder_id, need.hold_id?)));
        let mut named: Vec<(Uuid, Uuid)> = named.collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return Ok(());
        }
        for row in holds::named(db, &named).await? {
            if let Some(holder) = self.holders.get_mut(&row.holder_id) {
                holder.load_hold(row);
            }
        }
        Ok(())
    }

    async fn add_redemptions(
        &mut self,
        db: &mut PgConnection,
        needs: &[Need],
    ) -> Result<(), AppError> {
        let named = needs.iter();
        let named = named.filter_map(|need| Some((need.holder_id, need.redemption_id?)));
        let mut named: Vec<(Uuid, Uuid)> = named.collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return Ok(());
        }
        let restored = restorations::named(&mut *db, &named).await?;
        for (holder_id, operation) in operations::named(&mut *db, &named).await? {
            let redemption_id = operation.operation_id;
            let row = restored
                .iter()
                .find(|row| row.redemption_id == redemption_id);
            let spent = Spent {
                lots: operation.taken()?,
                restored: row.map(|row| row.restored).unwrap_or_default(),
            };
            let open = OpenRedemption {
                wallet_id: operation.wallet_id,
                spent,
                is_changed: false,
            };
            let holder = self.holders.get_mut(&holder_id);
            if let Some(holder) = holder.filter(|_| operation.kind == Kind::Redeem) {
                holder.load_redemption(redemption_id, open);
            }
        }
        Ok(())
    }

    async fn add_lots(&mut self, db: &mut PgConnection, needs: &[Need]) -> Result<(), AppError> {
        let named = self.named_lots(needs);
        if !named.is_empty() {
            self.load(lots::named(db, &named).await?);
        }
        let origins: Vec<(Uuid, Uuid)> = needs
            .iter()
            .flat_map(|need| need.origins.iter().map(|origin| (need.holder_id, *origin)))
            .collect();
        if !origins.is_empty() {
            self.load(lots::from_origins(db, &origins).await?);
        }
        let live: Vec<Uuid> = needs
            .iter()
            .filter(|need| need.all_live)
            .map(|need| need.holder_id)
            .collect();
        if !live.is_empty() {
            self.load(lots::live(db, &live).await?);
        }
        let wanted = self.wanted(needs);
        if !wanted.is_empty() {
            self.load(lots::spendable(db, &wanted, self.now).await?);
        }
        Ok(())
    }

    /// Lots that are named by a hold or by a redemption.
    fn named_lots(&self, needs: &[Need]) -> Vec<(Uuid, Uuid)> {
        let mut named = Vec::new();
        for need in needs {
            let holder = self.holders.get(&need.holder_id);
            let hold = need.hold_id.and_then(|hold_id| holder?.holds.get(&hold_id));
            let shares = hold.into_iter().flat_map(|open| &open.row.hold.lots);
            named.extend(shares.map(|share| (need.holder_id, share.lot_id)));
            let redemption = need.redemption_id;
            let redemption = redemption.and_then(|id| holder?.redemptions.get(&id));
            let shares = redemption.into_iter().flat_map(|open| &open.spent.lots);
            named.extend(shares.map(|share| (need.holder_id, share.lot_id)));
        }
        named.sort_unstable();
        named.dedup();
        named
    }

    /// What is to be spent, of each wallet all together: whatever part of it is refused in the end,
    /// these lots are enough for the rest.
    fn wanted(&self, needs: &[Need]) -> Vec<Wanted> {
        let mut sums: HashMap<(Uuid, WalletId), Points> = HashMap::new();
        for need in needs.iter().filter(|need| need.spend > Points::ZERO) {
            let Some(holder) = self.holders.get(&need.holder_id) else {
                continue;
            };
            let wallet_id = need.wallet_id.unwrap_or(holder.first_wallet);
            let sum = sums.entry((need.holder_id, wallet_id)).or_default();
            // More than can be counted is more than there is.
            *sum = sum.plus(need.spend).unwrap_or(Points::new(i64::MAX));
        }
        let wanted = sums
            .into_iter()
            .map(|((holder_id, wallet_id), points)| Wanted {
                holder_id,
                wallet_id,
                points,
            });
        wanted.collect()
    }

    fn load(&mut self, owned: Vec<Owned>) {
        for Owned {
            holder_id,
            wallet_id,
            lot,
        } in owned
        {
            if let Some(holder) = self.holders.get_mut(&holder_id) {
                holder.load(wallet_id, lot);
            }
        }
    }
}
