//! Locking holders: those who are named, the memberships that they were merged into, and the pools
//! of their households.
//!
//! All transactions lock in the same order, so none waits for one that waits for it: members
//! ascending, then pools ascending. A merged membership is the exception, since nobody can know where
//! it leads before it is locked; two transactions that meet there are sorted out by the database.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use super::home::{MERGES, Pool};
use super::{Books, Holder, Need};
use crate::app::{AppError, Loyalty};
use crate::domain::program::Program;
use crate::store::households::{self, PoolRow};
use crate::store::ledger::holders::HolderKind;
use crate::store::ledger::{holders, wallets};

impl Books {
    pub(super) async fn lock(
        &mut self,
        loyalty: &Loyalty,
        db: &mut PgConnection,
        needs: &[Need],
    ) -> Result<(), AppError> {
        let named = |is_pool| {
            let needs = needs.iter().filter(move |need| need.is_pool == is_pool);
            needs.map(|need| need.holder_id)
        };
        let mut pools: BTreeSet<Uuid> = named(true).collect();
        let mut members: BTreeSet<Uuid> = named(false).collect();
        let mut locked = Vec::new();
        for _ in 0..MERGES {
            let further = self.lock_level(loyalty, db, &members, &mut locked).await?;
            if further.is_empty() {
                break;
            }
            members = further;
        }
        let member_pools = locked
            .iter()
            .filter_map(|id| self.holders.get(id)?.household_id);
        pools.extend(member_pools);
        self.lock_level(loyalty, db, &pools, &mut locked).await?;
        self.add_pools(db, &locked).await?;
        self.add_their_wallets(db, &locked).await
    }

    /// Locks those who are not here yet, and tells where they lead.
    async fn lock_level(
        &mut self,
        loyalty: &Loyalty,
        db: &mut PgConnection,
        ids: &BTreeSet<Uuid>,
        locked: &mut Vec<Uuid>,
    ) -> Result<BTreeSet<Uuid>, AppError> {
        let is_new = |holder_id: &&Uuid| !self.holders.contains_key(holder_id);
        let ids: Vec<Uuid> = ids.iter().filter(is_new).copied().collect();
        let mut further = BTreeSet::new();
        if ids.is_empty() {
            return Ok(further);
        }
        // Many holders, few programs: the schedule of each is asked for once.
        let mut programs: HashMap<String, Arc<Program>> = HashMap::new();
        for (holder_id, row) in holders::lock(db, &ids).await? {
            let program = match programs.get(&row.program_id) {
                Some(program) => Arc::clone(program),
                None => loyalty.programs.at(db, &row.program_id, self.now).await?,
            };
            programs.insert(row.program_id.clone(), Arc::clone(&program));
            let first_wallet = program.document.main_wallet.wallet_id;
            further.extend(row.merged.map(|merged| merged.into));
            locked.push(holder_id);
            self.holders
                .insert(holder_id, Holder::new(row, program, first_wallet));
        }
        Ok(further)
    }

    async fn add_pools(&mut self, db: &mut PgConnection, locked: &[Uuid]) -> Result<(), AppError> {
        let is_pool = |id: &&Uuid| {
            let holder = self.holders.get(id);
            holder.is_some_and(|holder| holder.kind == HolderKind::Pool)
        };
        let ids: Vec<Uuid> = locked.iter().filter(is_pool).copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        for PoolRow {
            household_id,
            wallet_ids,
            spending,
        } in households::pools(db, &ids).await?
        {
            if let Some(holder) = self.holders.get_mut(&household_id) {
                holder.pool = Some(Pool::new(wallet_ids, spending));
            }
        }
        Ok(())
    }

    async fn add_their_wallets(
        &mut self,
        db: &mut PgConnection,
        locked: &[Uuid],
    ) -> Result<(), AppError> {
        if locked.is_empty() {
            return Ok(());
        }
        for row in wallets::of_holders(db, locked).await? {
            self.ids.raise(row.last_operation_id);
            if let Some(holder) = self.holders.get_mut(&row.holder_id) {
                holder.add_wallet(&row);
            }
        }
        Ok(())
    }
}
