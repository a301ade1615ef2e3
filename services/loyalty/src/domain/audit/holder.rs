use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::entries;
use super::holds::HoldTally;
use super::lots::LotTally;
use super::records::{hex, is_hash};
use super::wallets::WalletTally;
use super::{
    Difference, Findings, HoldRecord, LotRecord, OperationRecord, Quantity, Subject, Totals,
    WalletRecord,
};
use crate::domain::chain::{Opening, Packed, seal};
use crate::domain::ledger::{Account, Kind, Points};

/// A share of a holder's lots: those of operations whose id falls on it. A holder with more lots than
/// fit is audited several times, each time for another share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which one, from 0.
    pub number: u8,
    /// Of how many; at least 1.
    pub of: u8,
}

impl Share {
    /// All of them.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Whether the lots of an operation are in it.
    pub fn holds(self, operation_id: Uuid) -> bool {
        // The last byte of an id is random.
        let [.., byte] = operation_id.into_bytes();
        byte.checked_rem(self.of).unwrap_or_default() == self.number
    }
}

/// The audit of one holder, or of a share of its lots. Takes its operations one by one, in the order
/// of their ids.
#[derive(Debug)]
pub struct HolderAudit {
    holder_id: Uuid,
    share: Share,
    wallets: BTreeMap<String, WalletTally>,
    holds: HashMap<Uuid, HoldTally>,
    /// Of redemptions of which points were given back: what is recorded, and what is recomputed.
    restored: BTreeMap<Uuid, (i128, i128)>,
    lots: HashMap<Uuid, LotTally>,
    /// Lots by the operation that is said to have opened them, both in ascending order.
    openings: BTreeMap<Uuid, Vec<Uuid>>,
    /// Entries that name a lot: all, and those that name one of this share.
    lot_entries: (u64, u64),
    operations: u64,
    entries: u64,
    buffer: Vec<u8>,
}

impl HolderAudit {
    /// Before the first operation.
    pub fn new(
        holder_id: Uuid,
        share: Share,
        wallets: impl IntoIterator<Item = WalletRecord>,
        holds: impl IntoIterator<Item = HoldRecord>,
    ) -> Self {
        let wallets = wallets.into_iter();
        let wallets = wallets.map(|wallet| (wallet.wallet_id.clone(), WalletTally::of(wallet)));
        let holds = holds.into_iter();
        let holds = holds.map(|record| (record.hold.hold_id, HoldTally::of(record)));
        Self {
            holder_id,
            share,
            wallets: wallets.collect(),
            holds: holds.collect(),
            restored: BTreeMap::new(),
            lots: HashMap::new(),
            openings: BTreeMap::new(),
            lot_entries: (0, 0),
            operations: 0,
            entries: 0,
            buffer: Vec::new(),
        }
    }

    /// What is recorded to have been given back of a redemption.
    pub fn restored(&mut self, redemption_id: Uuid, points: Points) {
        self.restored.entry(redemption_id).or_default().0 += i128::from(points.get());
    }

    /// A lot of the share; in ascending order of ids.
    pub fn lot(&mut self, record: LotRecord) {
        let (lot_id, operation_id) = (record.lot.lot_id, record.lot.operation_id);
        self.openings.entry(operation_id).or_default().push(lot_id);
        self.lots.insert(lot_id, LotTally::of(record));
    }

    /// The next operation.
    pub fn operation(&mut self, operation: &OperationRecord, findings: &mut Findings) {
        self.operations += 1;
        let (entries, fault) = entries::read(&operation.entries);
        self.entries += entries.len() as u64;
        self.check_hash(operation, findings);
        let fault = fault.or_else(|| {
            if let Some(kind) = operation.kind {
                return entries::check(kind, &entries);
            }
            let number = operation.kind_number.to_string();
            Some((Quantity::Kind, number, "a known one".to_owned()))
        });
        if let Some((quantity, recorded, recomputed)) = fault {
            let subject = Subject::Operation(operation.operation_id);
            self.differs(findings, subject, quantity, recorded, recomputed);
        }
        self.add_to_wallet(operation, &entries, findings);
        self.add_to_lots(operation, &entries, findings);
        if let Some(redemption_id) = operation.subject_id
            && operation.kind == Some(Kind::Restore)
        {
            let entries = entries.iter();
            let given = entries.filter(|entry| entry.account == Account::Redemption);
            let points: i128 = given.map(|entry| i128::from(entry.amount.get())).sum();
            self.restored.entry(redemption_id).or_default().1 -= points;
        }
        if let Some(hold_id) = operation.subject_id.filter(|_| touches_held(&entries)) {
            self.holds
                .entry(hold_id)
                .or_default()
                .add(operation, &entries);
        }
    }

    /// After the last operation. Tells how many operations and entries there were.
    pub fn finish(self, totals: &mut Totals, findings: &mut Findings) -> (u64, u64) {
        if self.share.number == 0 {
            self.finish_wallets(totals, findings);
            self.finish_holds(findings);
            self.finish_restored(findings);
        }
        for (lot_id, lot) in &self.lots {
            lot.finish(|quantity, recorded, recomputed| {
                self.differs(
                    findings,
                    Subject::Lot(*lot_id),
                    quantity,
                    recorded,
                    recomputed,
                );
            });
        }
        (self.operations, self.entries)
    }

    /// Entries that name a lot: all, and those that name one of this share. Over all shares both
    /// have to be the same; if not, an entry names a lot that does not exist.
    pub fn lot_entries(&self) -> (u64, u64) {
        self.lot_entries
    }

    fn check_hash(&mut self, operation: &OperationRecord, findings: &mut Findings) {
        let operation_id = operation.operation_id;
        if !self.share.holds(operation_id) {
            return;
        }
        let ids = self.openings.get(&operation_id);
        let ids = ids.map(Vec::as_slice).unwrap_or_default();
        let opened = ids.iter().filter_map(|lot_id| self.lots.get(lot_id));
        let opened = opened.map(|tally| Opening {
            wallet_id: &tally.record.wallet_id,
            lot: &tally.record.lot,
            erased_reference: tally.record.erased_reference.as_deref(),
        });
        let hash = seal(&operation.fact(), opened, &mut self.buffer);
        for lot_id in ids {
            if let Some(tally) = self.lots.get_mut(lot_id) {
                tally.is_opened = true;
            }
        }
        if !is_hash(&operation.hash, &hash) {
            let subject = Subject::Opening(operation_id, ids.to_vec());
            let (recorded, recomputed) = (hex(&operation.hash), hex(&hash));
            self.differs(findings, subject, Quantity::Hash, recorded, recomputed);
        }
    }

    fn add_to_wallet(
        &mut self,
        operation: &OperationRecord,
        entries: &[Packed],
        findings: &mut Findings,
    ) {
        if self.share.number > 0 {
            return;
        }
        let holder_id = Some(self.holder_id);
        let wallet = self.wallets.entry(operation.wallet_id.clone()).or_default();
        wallet.add(
            operation,
            entries,
            |subject, quantity, recorded, recomputed| {
                if recorded != recomputed {
                    findings.add(|| Difference {
                        holder_id,
                        subject,
                        quantity,
                        recorded: recorded.to_string(),
                        recomputed: recomputed.to_string(),
                    });
                }
            },
        );
    }

    fn add_to_lots(
        &mut self,
        operation: &OperationRecord,
        entries: &[Packed],
        findings: &mut Findings,
    ) {
        let by = (operation.operation_id, operation.kind);
        for (lot_id, account, amount) in entries::of_lots(entries) {
            self.lot_entries.0 += 1;
            if let Some(lot) = self.lots.get_mut(&lot_id) {
                self.lot_entries.1 += 1;
                lot.add(by, account, amount);
            } else if self.share == Share::WHOLE {
                let subject = Subject::Operation(operation.operation_id);
                let (recorded, recomputed) = (lot_id.to_string(), "a lot".to_owned());
                self.differs(
                    findings,
                    subject,
                    Quantity::LotOfEntry,
                    recorded,
                    recomputed,
                );
            }
        }
    }

    fn finish_wallets(&self, totals: &mut Totals, findings: &mut Findings) {
        for (wallet_id, wallet) in &self.wallets {
            wallet.finish(wallet_id, totals, |quantity, recorded, recomputed| {
                let subject = Subject::Wallet(wallet_id.clone());
                self.differs(findings, subject, quantity, recorded, recomputed);
            });
        }
    }

    fn finish_holds(&self, findings: &mut Findings) {
        for (hold_id, hold) in &self.holds {
            hold.finish(|quantity, recorded, recomputed| {
                self.differs(
                    findings,
                    Subject::Hold(*hold_id),
                    quantity,
                    recorded,
                    recomputed,
                );
            });
        }
        let held: i128 = self.wallets.values().map(WalletTally::held).sum();
        let open: i128 = self.holds.values().map(HoldTally::open).sum();
        if held != open {
            let subject = Subject::Holder(self.holder_id);
            let quantity = Quantity::Balance(Account::Held);
            self.differs(
                findings,
                subject,
                quantity,
                held.to_string(),
                open.to_string(),
            );
        }
    }

    fn finish_restored(&self, findings: &mut Findings) {
        let restored = self.restored.iter();
        let different = restored.filter(|(_, (recorded, recomputed))| recorded != recomputed);
        for (redemption_id, (recorded, recomputed)) in different {
            let subject = Subject::Redemption(*redemption_id);
            let (recorded, recomputed) = (recorded.to_string(), recomputed.to_string());
            self.differs(findings, subject, Quantity::Restored, recorded, recomputed);
        }
    }

    fn differs(
        &self,
        findings: &mut Findings,
        subject: Subject,
        quantity: Quantity,
        recorded: String,
        recomputed: String,
    ) {
        let holder_id = Some(self.holder_id);
        findings.add(|| Difference {
            holder_id,
            subject,
            quantity,
            recorded,
            recomputed,
        });
    }
}

fn touches_held(entries: &[Packed]) -> bool {
    entries.iter().any(|entry| entry.account == Account::Held)
}
