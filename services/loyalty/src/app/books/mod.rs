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
mod ids;
mod need;
mod open;
mod posted;
#[cfg(test)]
mod tests;
mod transact;
mod write;

use std::collections::HashMap;

use chassis::Clock;
use events::{NewEvent, Outbox};
use jiff::Timestamp;
use uuid::Uuid;

use super::AppError;
use crate::domain::chain::CHAINS;
use crate::domain::ledger::{Occasion, Points, Policies, Spent, Wallet, WalletId};
use crate::store::ledger::NewOperation;
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

    /// A wallet as it stands. `wallet_id` as in a request: `None` is the program's first.
    pub(crate) fn wallet(
        &self,
        holder_id: Uuid,
        wallet_id: Option<WalletId>,
    ) -> Result<&Wallet, AppError> {
        let holder = self.holder(holder_id)?;
        holder.wallet(wallet_id.unwrap_or(holder.first_wallet))
    }

    /// The rules of a wallet as they are now.
    pub(crate) fn policies(
        &self,
        holder_id: Uuid,
        wallet_id: WalletId,
    ) -> Result<Policies, AppError> {
        let holder = self.holder(holder_id)?;
        holder.wallet(wallet_id)?;
        Ok(holder.program.policies())
    }

    /// A hold that was asked for, as it stands.
    pub(crate) fn hold(&self, holder_id: Uuid, hold_id: Uuid) -> Result<&HoldRow, AppError> {
        let hold = self.holder(holder_id)?.holds.get(&hold_id);
        Ok(&hold.ok_or(AppError::HoldNotFound)?.row)
    }

    /// A redemption that was asked for, as it stands.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "for what is rarer than the writers' calls: rewards, returns, households"
        )
    )]
    pub(crate) fn redemption(
        &self,
        holder_id: Uuid,
        redemption_id: Uuid,
    ) -> Result<&OpenRedemption, AppError> {
        let redemption = self.holder(holder_id)?.redemptions.get(&redemption_id);
        redemption.ok_or(AppError::RedemptionNotFound)
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
        let holder = self.holders.get_mut(&posted.holder_id);
        let holder = holder.ok_or(AppError::MemberNotFound)?;
        holder.apply(&posted)?;
        let operations = posted.record(self.now, &mut self.buffer);
        self.operations.extend(operations);
        Ok(())
    }

    /// Notes a new hold, or what has become of an older one.
    pub(crate) fn keep_hold(&mut self, row: HoldRow) -> Result<(), AppError> {
        let holder = self.holders.get_mut(&row.holder_id);
        holder.ok_or(AppError::MemberNotFound)?.keep_hold(row);
        Ok(())
    }

    /// Notes what was given back of a redemption. What is posted of it is `about` the redemption.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "for what is rarer than the writers' calls: rewards, returns, households"
        )
    )]
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
