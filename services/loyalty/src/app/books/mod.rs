//! The unit of work on the ledger: wallets of some holders, locked and read together; decisions on
//! them, one after the other, in memory; and at the end one statement that writes all of it.
//!
//! ```text
//! let mut books = Books::open(loyalty, tx, &[Need::of(customer_id).spending(points)]).await?;
//! let wallet = books.wallet(customer_id, WalletId::POINTS)?;
//! let redeemed = books.decide(|occasion| redeem(wallet, redemption, &policies, occasion))?;
//! books.post(Posted::new(customer_id, redeemed.posting).explained(Kind::Redeem, details))?;
//! books.announce(event);
//! books.write(tx).await?;
//! ```
//!
//! A decision takes the wallet by reference and a refused one leaves nothing behind, so many commands
//! on one wallet share one reading, one writing and no copy.

mod holder;
mod home;
mod ids;
mod lock;
mod need;
mod open;
mod posted;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, HashMap};

use chassis::Clock;
use events::{NewEvent, Outbox};
use jiff::Timestamp;
use uuid::Uuid;

use super::AppError;
use crate::domain::chain::CHAINS;
use crate::domain::ledger::{Occasion, Points, Policies, Spent, Wallet, WalletId};
use crate::store::ledger::NewOperation;
use crate::store::ledger::holders::HolderKind;
use crate::store::ledger::holds::HoldRow;

pub(crate) use holder::{Holder, OpenRedemption};
pub(crate) use need::Need;
pub(crate) use posted::Posted;

use ids::Ids;

/// Chains from this one on get the links of everything but the writers, so that a long batch of
/// effects never keeps customers waiting.
const BACKGROUND_CHAINS: u8 = CHAINS / 2;

/// Locked holders as they stand after everything that was posted so far, and what there is to write.
#[derive(Debug)]
pub(crate) struct Books {
    clock: Clock,
    outbox: Outbox,
    now: Timestamp,
    chain: Option<u8>,
    ids: Ids,
    holders: HashMap<Uuid, Holder>,
    operations: Vec<NewOperation>,
    events: Vec<NewEvent>,
    /// What has come for merged memberships: into which, by which merge, in which currency.
    gains: BTreeMap<(Uuid, Uuid, WalletId), Points>,
    buffer: Vec<u8>,
}

impl Books {
    /// The instant of everything that is decided here: read once.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// A holder.
    pub(crate) fn holder(&self, holder_id: Uuid) -> Result<&Holder, AppError> {
        let holder = self.holders.get(&holder_id);
        holder.ok_or(AppError::MemberNotFound)
    }

    /// A member.
    pub(crate) fn member(&self, customer_id: Uuid) -> Result<&Holder, AppError> {
        let holder = self.holder(customer_id)?;
        match holder.kind {
            HolderKind::Member => Ok(holder),
            HolderKind::Pool => Err(AppError::MemberNotFound),
        }
    }

    /// The wallet in which a member's points of a currency lie, as it stands. `wallet_id` as in a
    /// request: `None` is the program's first.
    pub(crate) fn wallet(
        &self,
        holder_id: Uuid,
        wallet_id: Option<WalletId>,
    ) -> Result<&Wallet, AppError> {
        let wallet_id = self.named_wallet(holder_id, wallet_id)?;
        let home = self.home(holder_id, wallet_id)?;
        self.holder(home)?.wallet(wallet_id)
    }

    /// The rules of a wallet as they are now.
    pub(crate) fn policies(
        &self,
        holder_id: Uuid,
        wallet_id: WalletId,
    ) -> Result<Policies, AppError> {
        let (person, home) = (self.person(holder_id)?, self.home(holder_id, wallet_id)?);
        let holder = self.holder(home)?;
        holder.wallet(wallet_id)?;
        let document = &holder.program.document;
        // A wallet that the program has given up goes by the rules of none.
        let policy = document.wallet(wallet_id);
        let policies = policy.map_or_else(Policies::default, |policy| {
            policy.policies(self.now, &document.zone)
        });
        Ok(Policies {
            spender: self.holder(person)?.state,
            allowance: self.allowance(person, home, wallet_id)?,
            ..policies
        })
    }

    /// A hold that was asked for, as it stands. Of a pool, each member sees its own.
    pub(crate) fn hold(&self, holder_id: Uuid, hold_id: Uuid) -> Result<&HoldRow, AppError> {
        self.holder(holder_id)?;
        let reach = self.reach_of(holder_id).into_iter();
        let mut holds = reach.filter_map(|id| self.holders.get(&id)?.holds.get(&hold_id));
        let found = holds.next().map(|open| &open.row);
        let person = self.person(holder_id)?;
        found
            .filter(|row| row.holder_id == holder_id || row.customer_id == person)
            .ok_or(AppError::HoldNotFound)
    }

    /// A redemption that was asked for, as it stands.
    pub(crate) fn redemption(
        &self,
        holder_id: Uuid,
        redemption_id: Uuid,
    ) -> Result<&OpenRedemption, AppError> {
        self.holder(holder_id)?;
        let reach = self.reach_of(holder_id).into_iter();
        let mut found =
            reach.filter_map(|id| self.holders.get(&id)?.redemptions.get(&redemption_id));
        found.next().ok_or(AppError::RedemptionNotFound)
    }

    /// Decides at this instant, with new ids at hand.
    pub(crate) fn decide<T>(&self, decision: impl FnOnce(Occasion<'_>) -> T) -> T {
        let new_id = || self.new_id();
        decision(Occasion {
            now: self.now,
            new_id: &new_id,
        })
    }

    /// A new id, above those of all operations of these holders.
    pub(crate) fn new_id(&self) -> Uuid {
        self.ids.next(&self.clock)
    }

    /// Carries out what was decided on a wallet, and notes it to be written.
    pub(crate) fn post(&mut self, posted: Posted) -> Result<(), AppError> {
        let for_whom = posted.holder_id;
        let (home, member) = self.settle(&posted)?;
        let mark = self.mark(for_whom, home)?;
        let posted = posted.settled(home, member).marked(mark);
        let (wallet_id, gain) = (posted.posting.wallet_id(), posted.posting.gain()?);
        self.count_gain((for_whom, home), wallet_id, gain)?;
        if let Some(member) = member {
            self.draw(member, home, &posted)?;
        }
        let holder = self.holders.get_mut(&home);
        let holder = holder.ok_or(AppError::MemberNotFound)?;
        holder.apply(&posted)?;
        let operations = posted.record(self.now, &mut self.buffer);
        self.operations.extend(operations);
        Ok(())
    }

    /// Notes a new hold, or what has become of an older one.
    pub(crate) fn keep_hold(&mut self, mut row: HoldRow) -> Result<(), AppError> {
        if row.holder_id == row.customer_id {
            row.customer_id = self.person(row.customer_id)?;
            row.holder_id = self.home(row.customer_id, row.wallet_id)?;
        }
        let holder = self.holders.get_mut(&row.holder_id);
        holder.ok_or(AppError::MemberNotFound)?.keep_hold(row);
        Ok(())
    }

    /// Notes what was given back of a redemption. What is posted of it is `about` the redemption.
    pub(crate) fn keep_restored(
        &mut self,
        holder_id: Uuid,
        redemption_id: Uuid,
        spent: Spent,
    ) -> Result<(), AppError> {
        let holder = self.holders.get_mut(&holder_id);
        let holder = holder.ok_or(AppError::MemberNotFound)?;
        holder.keep_restored(redemption_id, spent);
        Ok(())
    }

    /// Announces an event when the transaction commits.
    pub(crate) fn announce(&mut self, event: NewEvent) {
        self.events.push(event);
    }
}
