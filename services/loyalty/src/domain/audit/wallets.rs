use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Difference, Findings, OperationRecord, Quantity, Subject, WalletRecord};
use crate::domain::chain::Packed;
use crate::domain::ledger::Account;

/// The balances of all accounts by point currency, those of the program included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(pub BTreeMap<(String, Account), i128>);

impl Totals {
    /// Tells currencies whose accounts do not add up to 0.
    pub fn check(&self, findings: &mut Findings) {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for ((currency, _), balance) in &self.0 {
            *sums.entry(currency).or_default() += balance;
        }
        for (currency, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
            findings.add(|| Difference {
                holder_id: None,
                subject: Subject::Currency(currency.to_owned()),
                quantity: Quantity::Sum,
                recorded: sum.to_string(),
                recomputed: "0".to_owned(),
            });
        }
    }
}

/// What the entries of a wallet add up to, beside what is recorded of it.
#[derive(Debug, Default)]
pub(super) struct WalletTally {
    record: Option<WalletRecord>,
    balances: BTreeMap<Account, i128>,
    entry_count: i64,
    last_operation_id: Uuid,
}

impl WalletTally {
    pub(super) fn of(record: WalletRecord) -> Self {
        Self {
            record: Some(record),
            ..Self::default()
        }
    }

    /// Takes the next operation; tells what differs of its entries.
    pub(super) fn add(
        &mut self,
        operation: &OperationRecord,
        entries: &[Packed],
        mut differs: impl FnMut(Subject, Quantity, i128, i128),
    ) {
        let operation_id = operation.operation_id;
        let (first, expected) = (operation.first_entry, self.entry_count + 1);
        differs(
            Subject::Operation(operation_id),
            Quantity::FirstEntry,
            first.into(),
            expected.into(),
        );
        for entry in entries {
            self.entry_count += 1;
            let balance = self.balances.entry(entry.account).or_default();
            *balance += i128::from(entry.amount.get());
            if let Some(recorded) = entry.balance_after {
                let subject = Subject::Entry(operation.wallet_id.clone(), self.entry_count);
                let recorded = recorded.get().into();
                differs(subject, Quantity::BalanceAfter, recorded, *balance);
            }
        }
        self.last_operation_id = self.last_operation_id.max(operation_id);
    }

    /// What stands on the held account.
    pub(super) fn held(&self) -> i128 {
        self.balance(Account::Held)
    }

    /// Compares with what is recorded, and adds to the totals.
    pub(super) fn finish(
        &self,
        wallet_id: &str,
        totals: &mut Totals,
        mut differs: impl FnMut(Quantity, String, String),
    ) {
        for (account, balance) in &self.balances {
            *totals
                .0
                .entry((wallet_id.to_owned(), *account))
                .or_default() += balance;
        }
        let Some(record) = &self.record else {
            return differs(
                Quantity::Presence,
                "missing".to_owned(),
                "a wallet".to_owned(),
            );
        };
        let mut compare = |quantity, recorded: i64, recomputed: i128| {
            if i128::from(recorded) != recomputed {
                differs(quantity, recorded.to_string(), recomputed.to_string());
            }
        };
        let balances = &record.figures.balances;
        for (account, recorded) in [
            (Account::Available, balances.available),
            (Account::Pending, balances.pending),
            (Account::Held, balances.held),
            (Account::Debt, balances.debt),
        ] {
            compare(
                Quantity::Balance(account),
                recorded.get(),
                self.balance(account),
            );
        }
        let earned = -self.balance(Account::Issuance);
        compare(
            Quantity::LifetimeEarned,
            record.figures.lifetime_earned.get(),
            earned,
        );
        compare(
            Quantity::EntryCount,
            record.figures.entry_count,
            self.entry_count.into(),
        );
        let (recorded, last) = (record.last_operation_id, self.last_operation_id);
        if recorded != last {
            differs(
                Quantity::LastOperation,
                recorded.to_string(),
                last.to_string(),
            );
        }
    }

    fn balance(&self, account: Account) -> i128 {
        self.balances.get(&account).copied().unwrap_or_default()
    }
}
