//! Whose wallets a member's points lie in. A membership that was merged into another one stands for
//! that one; the pooled currencies of a member of a household lie in the household's pool. Whoever
//! works on the books says whose points are meant, and need not know where they are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Books, Holder, Posted};
use crate::app::AppError;
use crate::domain::households::{allowance, drawn};
use crate::domain::ledger::{Cause, Points, Wallet, WalletId, gather};
use crate::domain::program::SpendingLimit;
use crate::store::households::SpendingRow;

/// Memberships in a row of which each was merged into the next. Beyond them something is wrong.
pub(super) const MERGES: usize = 16;

/// What only the pool of a household has.
#[derive(Debug)]
pub(crate) struct Pool {
    /// The point currencies that lie in it.
    pub(super) wallet_ids: Vec<WalletId>,
    /// What members have spent of it.
    pub(super) spending: BTreeMap<(Uuid, WalletId), Drawn>,
}

/// What a member has spent of a pool in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) period: String,
    pub(super) points: Points,
    pub(super) is_changed: bool,
}

impl Pool {
    pub(super) fn new(wallet_ids: Vec<WalletId>, spending: Vec<SpendingRow>) -> Self {
        let drawn = |row: SpendingRow| {
            let drawn = Drawn {
                period: row.period,
                points: row.points,
                is_changed: false,
            };
            ((row.customer_id, row.wallet_id), drawn)
        };
        Self {
            wallet_ids,
            spending: spending.into_iter().map(drawn).collect(),
        }
    }

    /// What a member has spent in a period.
    fn drawn(&self, customer_id: Uuid, wallet_id: WalletId, period: &str) -> Points {
        let drawn = self.spending.get(&(customer_id, wallet_id));
        let drawn = drawn.filter(|drawn| drawn.period == period);
        drawn.map(|drawn| drawn.points).unwrap_or_default()
    }

    /// Counts what a member has spent, or was given back.
    fn draw(
        &mut self,
        (customer_id, wallet_id): (Uuid, WalletId),
        period: String,
        points: Points,
    ) -> Result<(), AppError> {
        let before = self.drawn(customer_id, wallet_id, &period);
        let drawn = Drawn {
            period,
            // What was spent in an earlier period and comes back in this one frees nothing.
            points: before.plus(points)?.max(Points::ZERO),
            is_changed: true,
        };
        self.spending.insert((customer_id, wallet_id), drawn);
        Ok(())
    }
}

impl Holder {
    /// The rules for what a member may spend of this pool.
    fn limit(&self) -> Option<SpendingLimit> {
        self.program.document.households.as_ref()?.spending_limit
    }

    /// The present period of that limit. Without a limit it is counted for ever.
    fn period(&self, now: Timestamp) -> String {
        let day = self.program.document.zone.date_of(now);
        let period = self
            .limit()
            .map_or(calendar::Period::Lifetime, |limit| limit.period);
        period.bucket(day).to_string()
    }

    fn pools(&self, wallet_id: WalletId) -> bool {
        let pool = self.pool.as_ref();
        pool.is_some_and(|pool| pool.wallet_ids.contains(&wallet_id))
    }
}

impl Books {
    /// The membership that goes on for this one: itself, unless it was merged into another one.
    pub(crate) fn person(&self, holder_id: Uuid) -> Result<Uuid, AppError> {
        let mut person = holder_id;
        for _ in 0..MERGES {
            match self.holder(person)?.merged {
                Some(merged) => person = merged.into,
                None => return Ok(person),
            }
        }
        Err(AppError::MergedTooOften)
    }

    /// The wallet that is meant where none is named.
    pub(super) fn named_wallet(
        &self,
        holder_id: Uuid,
        wallet_id: Option<WalletId>,
    ) -> Result<WalletId, AppError> {
        let first = || Ok(self.holder(self.person(holder_id)?)?.first_wallet);
        wallet_id.map_or_else(first, Ok)
    }

    /// Whose wallet a member's points of a currency lie in.
    pub(super) fn home(&self, holder_id: Uuid, wallet_id: WalletId) -> Result<Uuid, AppError> {
        let person = self.person(holder_id)?;
        let pool_id = self.holder(person)?.household_id;
        let pool_id = pool_id.filter(|pool_id| {
            let pool = self.holders.get(pool_id);
            pool.is_some_and(|pool| pool.pools(wallet_id))
        });
        Ok(pool_id.unwrap_or(person))
    }

    /// All in whose wallets a member's points may lie, or have lain: itself first.
    pub(super) fn reach_of(&self, holder_id: Uuid) -> Vec<Uuid> {
        let mut reach = vec![holder_id];
        let mut next = self.holders.get(&holder_id);
        while let Some(holder) = next.filter(|_| reach.len() <= MERGES) {
            let further = holder.merged.map(|merged| merged.into);
            let further = further.or(holder.household_id);
            reach.extend(further);
            next = further.and_then(|further| self.holders.get(&further));
        }
        reach
    }

    /// The mark of points that come for a merged membership: that of the first merge on the way to where
    /// they lie, as on points that it brought. In a pool they are whose they are.
    pub(super) fn mark(&self, for_whom: Uuid, home: Uuid) -> Result<Option<Uuid>, AppError> {
        if for_whom == home || self.holder(home)?.pool.is_some() {
            return Ok(None);
        }
        let merged = self.holder(for_whom)?.merged;
        Ok(merged.map(|merged| merged.merge_id))
    }

    /// Counts what has come for a merged membership, or gone, with each merge on the way to where its
    /// points lie: undoing one gives it back with what was brought.
    pub(super) fn count_gain(
        &mut self,
        (for_whom, home): (Uuid, Uuid),
        wallet_id: WalletId,
        points: Points,
    ) -> Result<(), AppError> {
        let mut at = for_whom;
        while let Some(merged) = self.holder(at)?.merged.filter(|_| at != home) {
            let key = (merged.into, merged.merge_id, wallet_id);
            let gain = self.gains.entry(key).or_default();
            *gain = gain.plus(points)?;
            at = merged.into;
        }
        Ok(())
    }

    /// A wallet of a holder's own, also where the currency is pooled or the membership merged.
    pub(crate) fn own_wallet(
        &self,
        holder_id: Uuid,
        wallet_id: WalletId,
    ) -> Result<&Wallet, AppError> {
        self.holder(holder_id)?.wallet(wallet_id)
    }

    /// In whose wallet a lot of a member lies that was asked for. Points that are restored go back to
    /// the lots that gave them, though these may be left behind by now: see [`Books::gather`].
    pub(crate) fn holder_of_lot(
        &self,
        customer_id: Uuid,
        wallet_id: WalletId,
        lot_id: Uuid,
    ) -> Result<Uuid, AppError> {
        let has = |holder_id: &Uuid| {
            let wallet = self.own_wallet(*holder_id, wallet_id);
            wallet.is_ok_and(|wallet| wallet.lots().get(lot_id).is_some())
        };
        let found = self.reach_of(customer_id).into_iter().find(has);
        found.map_or_else(|| self.home(customer_id, wallet_id), Ok)
    }

    /// Moves what has come into a wallet of a holder's own to where the holder's points lie now: from
    /// a wallet that was left behind by joining a household, or by a merge.
    pub(crate) fn gather(&mut self, holder_id: Uuid, wallet_id: WalletId) -> Result<(), AppError> {
        let home = self.home(holder_id, wallet_id)?;
        if home == holder_id {
            return Ok(());
        }
        let person = self.person(holder_id)?;
        let contributor = self.holder(home)?.pool.as_ref().map(|_| person);
        let contributor = contributor.or(self.mark(holder_id, home)?);
        let (own, other) = (
            self.own_wallet(holder_id, wallet_id)?,
            self.own_wallet(home, wallet_id)?,
        );
        let cause = Cause {
            reference: "gathered",
            effective_at: self.now,
        };
        let moved = self.decide(|occasion| gather(own, other, contributor, cause, occasion))?;
        self.count_gain((holder_id, home), wallet_id, moved.into.gain()?)?;
        for (holder_id, posting) in [(holder_id, moved.out), (home, moved.into)] {
            if !posting.is_empty() {
                self.post(Posted::new(holder_id, posting).own())?;
            }
        }
        Ok(())
    }

    /// Where what was decided for a member belongs; and the member, where that is the pool of its
    /// household.
    pub(super) fn settle(&self, posted: &Posted) -> Result<(Uuid, Option<Uuid>), AppError> {
        if let Some(at) = posted.at {
            let is_pool = self.holder(at)?.pool.is_some() && at != posted.holder_id;
            let member = is_pool.then(|| self.person(posted.holder_id)).transpose()?;
            return Ok((at, member));
        }
        let home = self.home(posted.holder_id, posted.posting.wallet_id())?;
        let person = self.person(posted.holder_id)?;
        if home != person {
            return Ok((home, Some(person)));
        }
        // A pool by itself: what happens to a hold, happens for whoever placed it.
        let pool = self.holder(home)?;
        let hold = posted
            .subject_id
            .and_then(|hold_id| pool.holds.get(&hold_id));
        let placed_by = hold.map(|open| open.row.customer_id);
        Ok((home, placed_by.filter(|_| pool.pool.is_some())))
    }

    /// What a member may still spend of a currency; `None`: no limit.
    pub(super) fn allowance(
        &self,
        person: Uuid,
        home: Uuid,
        wallet_id: WalletId,
    ) -> Result<Option<Points>, AppError> {
        let holder = self.holder(home)?;
        let (Some(pool), Some(limit)) = (&holder.pool, holder.limit()) else {
            return Ok(None);
        };
        let drawn = pool.drawn(person, wallet_id, &holder.period(self.now));
        Ok(Some(allowance(limit.points, drawn)))
    }

    /// Counts what a member spends of a pool, or is given back.
    pub(super) fn draw(
        &mut self,
        person: Uuid,
        home: Uuid,
        posted: &Posted,
    ) -> Result<(), AppError> {
        let points = drawn(posted.posting.operations())?;
        let Some(holder) = self.holders.get_mut(&home).filter(|_| !points.is_zero()) else {
            return Ok(());
        };
        let period = holder.period(self.now);
        let whose = (person, posted.posting.wallet_id());
        match &mut holder.pool {
            Some(pool) => pool.draw(whose, period, points),
            None => Ok(()),
        }
    }
}
