//! Locking holders, and reading of them what is needed: a few statements, of however many.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Books, Ids, Need, OpenRedemption, Points};
use crate::app::{AppError, Loyalty};
use crate::domain::ledger::{Kind, Spent, WalletId};
use crate::store::ledger::lots::{self, Owned, Wanted};
use crate::store::ledger::{holds, operations, restorations, wallets};

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
            gains: BTreeMap::new(),
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

    /// Makes the wallets that the program has and the holder does not have yet.
    async fn add_wallets(&mut self, db: &mut PgConnection, needs: &[Need]) -> Result<(), AppError> {
        let mut missing = Vec::new();
        for need in needs {
            let Some((home, wallet_id)) = self.place(need) else {
                continue;
            };
            let Some(holder) = self.holders.get_mut(&home) else {
                continue;
            };
            if !holder.wallets.contains_key(&wallet_id)
                && holder.program.document.wallet(wallet_id).is_some()
            {
                holder.add_empty_wallet(wallet_id);
                missing.push((home, wallet_id));
            }
        }
        if !missing.is_empty() {
            wallets::create(db, &missing).await?;
        }
        Ok(())
    }

    async fn add_holds(&mut self, db: &mut PgConnection, needs: &[Need]) -> Result<(), AppError> {
        let named = self.wherever(needs, |need| need.hold_id.as_slice());
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
        let named = self.wherever(needs, |need| need.redemption_id.as_slice());
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
        let origins = self.wherever(needs, |need| &need.origins);
        if !origins.is_empty() {
            self.load(lots::from_origins(db, &origins).await?);
        }
        for need in needs {
            if let Some(contributor) = need.brought_by {
                self.load(lots::brought(db, need.holder_id, contributor).await?);
            }
        }
        let live = needs.iter().filter(|need| need.all_live);
        let live: BTreeSet<Uuid> = live
            .flat_map(|need| self.reach_of(need.holder_id))
            .collect();
        let live: Vec<Uuid> = live.into_iter().collect();
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
        let mut named = self.wherever(needs, |need| &need.lots);
        for need in needs {
            for holder_id in self.reach_of(need.holder_id) {
                let holder = self.holders.get(&holder_id);
                let hold = need.hold_id.and_then(|hold_id| holder?.holds.get(&hold_id));
                let shares = hold.into_iter().flat_map(|open| &open.row.hold.lots);
                named.extend(shares.map(|share| (holder_id, share.lot_id)));
                let redemption = need.redemption_id;
                let redemption = redemption.and_then(|id| holder?.redemptions.get(&id));
                let shares = redemption.into_iter().flat_map(|open| &open.spent.lots);
                named.extend(shares.map(|share| (holder_id, share.lot_id)));
            }
        }
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Things that are named, with each holder who may have them.
    fn wherever<'a>(
        &self,
        needs: &'a [Need],
        named: impl Fn(&'a Need) -> &'a [Uuid],
    ) -> Vec<(Uuid, Uuid)> {
        let mut places = Vec::new();
        for need in needs.iter().filter(|need| !named(need).is_empty()) {
            for holder_id in self.reach_of(need.holder_id) {
                places.extend(named(need).iter().map(|id| (holder_id, *id)));
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The wallet that a need is about, and whose it is; `None` for nobody's.
    fn place(&self, need: &Need) -> Option<(Uuid, WalletId)> {
        let wallet_id = self.named_wallet(need.holder_id, need.wallet_id).ok()?;
        if need.is_own {
            return Some((need.holder_id, wallet_id));
        }
        Some((self.home(need.holder_id, wallet_id).ok()?, wallet_id))
    }

    /// What is to be spent, of each wallet all together: whatever part of it is refused in the end,
    /// these lots are enough for the rest.
    fn wanted(&self, needs: &[Need]) -> Vec<Wanted> {
        let mut sums: HashMap<(Uuid, WalletId), Points> = HashMap::new();
        for need in needs.iter().filter(|need| need.spend > Points::ZERO) {
            let Some(place) = self.place(need) else {
                continue;
            };
            let sum = sums.entry(place).or_default();
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
