//! The books as an auditor keeps them: from the entries alone, and from nothing that a decision
//! says about its result.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::super::{Account, Entry, Kind, Lot, Points, Posting, Wallet, WalletId};

/// One wallet, recomputed.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    entry_count: i64,
    balances: BTreeMap<Account, i64>,
    lots: BTreeMap<(Uuid, Account), i64>,
    lapsed: BTreeMap<Uuid, i64>,
}

/// The program's accounts.
pub(super) type Program = BTreeMap<(WalletId, Account), i64>;

impl Replay {
    pub(super) fn add(&mut self, posting: &Posting, program: &mut Program) {
        for operation in posting.operations() {
            let entries = &operation.entries;
            let sum: i64 = entries.iter().map(|entry| entry.amount.get()).sum();
            assert_eq!(sum, 0, "{operation:?}");
            for entry in entries {
                self.enter(operation.kind, entry);
                if !entry.account.is_wallets() {
                    let account = (posting.wallet_id(), entry.account);
                    *program.entry(account).or_default() += entry.amount.get();
                }
            }
        }
        for lot in posting.opened() {
            check_original(posting, lot);
        }
    }

    fn enter(&mut self, kind: Kind, entry: &Entry) {
        let Entry {
            account, amount, ..
        } = *entry;
        self.entry_count += 1;
        assert_eq!(entry.entry_number, self.entry_count);
        let balance = self.balances.entry(account).or_default();
        *balance += amount.get();
        let told = entry.balance_after.map(Points::get);
        assert_eq!(told, account.is_wallets().then_some(*balance));
        assert_eq!(entry.lot_id.is_some(), account.has_lots());
        if let Some(lot_id) = entry.lot_id {
            *self.lots.entry((lot_id, account)).or_default() += amount.get();
            if kind == Kind::Expire {
                *self.lapsed.entry(lot_id).or_default() -= amount.get();
            }
        }
    }

    /// The wallet says of itself what the entries add up to.
    pub(super) fn assert_equal(&self, wallet: &Wallet) {
        assert_eq!(wallet.figures().entry_count, self.entry_count);
        for (account, told) in [
            (Account::Available, wallet.balances().available),
            (Account::Pending, wallet.balances().pending),
            (Account::Held, wallet.balances().held),
            (Account::Debt, wallet.balances().debt),
        ] {
            assert_eq!(told.get(), self.balance(account), "{account:?}");
        }
        let issued = -self.balance(Account::Issuance);
        assert_eq!(wallet.figures().lifetime_earned.get(), issued);
        for lot in wallet.lots().iter() {
            for account in [Account::Available, Account::Pending, Account::Held] {
                let sum = self.lots.get(&(lot.lot_id, account)).copied();
                let told = lot.parts.on(account).unwrap();
                assert_eq!(told.get(), sum.unwrap_or_default(), "{lot:?}");
            }
            let lapsed = self.lapsed.get(&lot.lot_id).copied();
            assert_eq!(
                lot.parts.lapsed.get(),
                lapsed.unwrap_or_default(),
                "{lot:?}"
            );
        }
    }

    /// What stands on the accounts of the wallet, all together.
    pub(super) fn total(&self) -> i64 {
        let own = self
            .balances
            .iter()
            .filter(|(account, _)| account.is_wallets());
        own.map(|(_, balance)| balance).sum()
    }

    fn balance(&self, account: Account) -> i64 {
        self.balances.get(&account).copied().unwrap_or_default()
    }
}

/// A lot is opened with what its own operation puts into it.
fn check_original(posting: &Posting, lot: &Lot) {
    let mut operations = posting.operations().iter();
    let opening = operations.find(|operation| operation.operation_id == lot.operation_id);
    let entries = &opening.unwrap().entries;
    let own = entries
        .iter()
        .filter(|entry| entry.lot_id == Some(lot.lot_id));
    let original: i64 = own.map(|entry| entry.amount.get()).sum();
    assert_eq!(lot.original.get(), original);
}
