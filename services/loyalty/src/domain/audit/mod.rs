//! Recomputes what is recorded of a member from its entries alone, and tells the first difference.

mod difference;
mod operation_tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Account, Entry, Kind, LedgerError, Points, Program, Sale, Wallet};

pub use difference::{Difference, Quantity, Subject};
use operation_tally::OperationTally;

/// Everything that is recorded of a member besides operations and entries.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The member.
    pub customer_id: Uuid,
    /// Its accounts and all its lots.
    pub wallet: Wallet,
    /// Its sales, each with the rules of its time.
    pub sales: Vec<(Sale, Program)>,
    /// Its returns.
    pub returns: Vec<RecordedReturn>,
    /// Its redemptions, with the points that each says it spent.
    pub redemptions: Vec<(Uuid, Points)>,
}

/// What is kept of a return.
#[derive(Clone, Debug)]
pub struct RecordedReturn {
    /// The return.
    pub return_id: String,
    /// The order that it took back from.
    pub order_id: String,
    /// What was paid back, in minor units.
    pub refund_minor: i64,
}

/// The operation that an entry belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// The operation.
    pub operation_id: Uuid,
    /// Its kind.
    pub kind: Kind,
    /// What caused it.
    pub reference: &'a str,
}

/// The audit of one member. Takes the entries one by one, in the order of their numbers, so that
/// no more than the member's sums has to be held.
#[derive(Debug)]
pub struct MemberAudit {
    recorded: Recorded,
    entry_count: i64,
    balances: BTreeMap<Account, i128>,
    lots: BTreeMap<(Uuid, Account), i128>,
    originals: BTreeMap<Uuid, i128>,
    /// What each cause moved on each of the program's accounts.
    causes: BTreeMap<(Kind, Account, String), i128>,
    open: Option<OperationTally>,
    first: Option<Difference>,
}

impl MemberAudit {
    /// Before the first entry.
    pub fn new(recorded: Recorded) -> Self {
        Self {
            recorded,
            entry_count: 0,
            balances: BTreeMap::new(),
            lots: BTreeMap::new(),
            originals: BTreeMap::new(),
            causes: BTreeMap::new(),
            open: None,
            first: None,
        }
    }

    /// Entries seen so far.
    pub fn entry_count(&self) -> i64 {
        self.entry_count
    }

    /// Takes the next entry.
    pub fn entry(&mut self, heading: Heading<'_>, entry: &Entry) {
        let amount = i128::from(entry.amount.get());
        self.count(entry);
        self.add_to_operation(heading, entry);
        let balance = self.balances.entry(entry.account).or_default();
        *balance += amount;
        if let Some(recorded) = entry.balance_after {
            let recomputed = *balance;
            let entry_id = Subject::Entry(entry.entry_id);
            self.compare(entry_id, Quantity::Balance, recorded.get(), recomputed);
        }
        if !entry.account.is_members() {
            let cause = (heading.kind, entry.account, heading.reference.to_owned());
            *self.causes.entry(cause).or_default() += amount;
        }
        if let Some(lot_id) = entry.lot_id {
            self.add_to_lot(lot_id, entry.account, heading.operation_id, amount);
        }
    }

    /// The first difference between what is recorded and what the entries add up to.
    pub fn finish(mut self) -> Result<Option<Difference>, LedgerError> {
        self.close_operation();
        self.check_member();
        self.check_lots();
        self.check_sales()?;
        self.check_redemptions();
        Ok(self.first)
    }

    fn count(&mut self, entry: &Entry) {
        self.entry_count += 1;
        let expected = i128::from(self.entry_count);
        let entry_id = Subject::Entry(entry.entry_id);
        self.compare(entry_id, Quantity::Number, entry.entry_number, expected);
    }

    fn add_to_operation(&mut self, heading: Heading<'_>, entry: &Entry) {
        let is_open = |open: &OperationTally| open.operation_id == heading.operation_id;
        if !self.open.as_ref().is_some_and(is_open) {
            self.close_operation();
        }
        self.open
            .get_or_insert_with(|| OperationTally::begin(heading))
            .add(entry);
    }

    fn close_operation(&mut self) {
        let Some(tally) = self.open.take() else {
            return;
        };
        let operation = Subject::Operation(tally.operation_id);
        self.compare(operation.clone(), Quantity::Sum, 0, tally.sum);
        let expected = tally.expected_counter_entries();
        self.compare(
            operation,
            Quantity::CounterEntries,
            tally.counter_entries,
            expected,
        );
    }

    fn add_to_lot(&mut self, lot_id: Uuid, account: Account, operation_id: Uuid, amount: i128) {
        *self.lots.entry((lot_id, account)).or_default() += amount;
        let lot = self.recorded.wallet.lots.get(&lot_id);
        if lot.is_some_and(|lot| lot.operation_id == operation_id) {
            *self.originals.entry(lot_id).or_default() += amount;
        }
    }

    fn check_member(&mut self) {
        let member = Subject::Member(self.recorded.customer_id);
        let Wallet {
            balances,
            lifetime_earned,
            entry_count,
            ..
        } = self.recorded.wallet;
        let entries = i128::from(self.entry_count);
        self.compare(member.clone(), Quantity::Entries, entry_count, entries);
        for (account, recorded) in [
            (Account::Available, balances.available),
            (Account::Pending, balances.pending),
            (Account::Held, balances.held),
            (Account::Debt, balances.debt),
        ] {
            let recomputed = self.balance(account);
            self.compare(
                member.clone(),
                Quantity::Account(account),
                recorded.get(),
                recomputed,
            );
        }
        let issued = -self.balance(Account::Issuance);
        self.compare(
            member,
            Quantity::LifetimeEarned,
            lifetime_earned.get(),
            issued,
        );
    }

    /// Every entry of an account with lots has one, so when each lot equals its entries, the lots
    /// add up to the balance too.
    fn check_lots(&mut self) {
        for lot in std::mem::take(&mut self.recorded.wallet.lots).into_values() {
            let subject = Subject::Lot(lot.lot_id);
            let original = self.originals.remove(&lot.lot_id).unwrap_or_default();
            self.compare(
                subject.clone(),
                Quantity::Original,
                lot.original.get(),
                original,
            );
            for (account, recorded) in [
                (Account::Available, lot.available),
                (Account::Pending, lot.pending),
                (Account::Held, lot.held),
            ] {
                let sum = self.lots.remove(&(lot.lot_id, account)).unwrap_or_default();
                self.compare(
                    subject.clone(),
                    Quantity::Account(account),
                    recorded.get(),
                    sum,
                );
            }
        }
        // What is left has entries, but no such lot is recorded.
        if let Some(((lot_id, account), sum)) = self.lots.pop_first() {
            self.compare(Subject::Lot(lot_id), Quantity::Account(account), 0, sum);
        }
    }

    fn check_sales(&mut self) -> Result<(), LedgerError> {
        let mut returned = self.returned();
        for (sale, program) in std::mem::take(&mut self.recorded.sales) {
            let order = Subject::Sale(self.recorded.customer_id, sale.order_id.clone());
            let issued = -self.moved(Kind::Earn, Account::Issuance, &sale.order_id);
            let worth = i128::from(program.points_for(sale.total)?.get());
            self.compare(order.clone(), Quantity::Earned, sale.earned.get(), issued);
            self.compare(order.clone(), Quantity::Earned, sale.earned.get(), worth);

            let (refunded, taken) = returned.remove(&sale.order_id).unwrap_or_default();
            let due = i128::from(sale.due_back(&program)?.get());
            self.compare(
                order.clone(),
                Quantity::Refunded,
                sale.refunded_minor,
                refunded,
            );
            self.compare(
                order.clone(),
                Quantity::ClawedBack,
                sale.clawed_back.get(),
                taken,
            );
            self.compare(order, Quantity::ClawedBack, sale.clawed_back.get(), due);
        }
        Ok(())
    }

    /// By order: money paid back, and points taken back by its returns.
    fn returned(&mut self) -> BTreeMap<String, (i128, i128)> {
        let mut returned = BTreeMap::<String, (i128, i128)>::new();
        for back in std::mem::take(&mut self.recorded.returns) {
            let taken = self.moved(Kind::ClawBack, Account::Issuance, &back.return_id);
            let (money, points) = returned.entry(back.order_id).or_default();
            *money += i128::from(back.refund_minor);
            *points += taken;
        }
        returned
    }

    fn check_redemptions(&mut self) {
        for (redemption_id, points) in std::mem::take(&mut self.recorded.redemptions) {
            let reference = redemption_id.to_string();
            let spent = self.moved(Kind::Redeem, Account::Redemption, &reference);
            self.compare(
                Subject::Redemption(redemption_id),
                Quantity::Spent,
                points.get(),
                spent,
            );
        }
    }

    fn balance(&self, account: Account) -> i128 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    fn moved(&self, kind: Kind, account: Account, reference: &str) -> i128 {
        self.causes
            .get(&(kind, account, reference.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    fn compare(&mut self, subject: Subject, quantity: Quantity, recorded: i64, sum: i128) {
        let recorded = i128::from(recorded);
        if recorded != sum && self.first.is_none() {
            self.first = Some(Difference {
                subject,
                quantity,
                recorded,
                recomputed: sum,
            });
        }
    }
}
