use std::cell::Cell;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::domain::chain::{Fact, GENESIS, Hash, Opening, link, pack, seal};
use crate::domain::ledger::{
    Account, Cause, Earning, LotTerms, Occasion, Points, Policies, Posting, Redemption, Wallet,
    WalletId, earn, redeem,
};

const HOLDER: Uuid = Uuid::from_u128(77);

fn now() -> Timestamp {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

/// A holder's history as it would be recorded.
struct History {
    wallet: Wallet,
    operations: Vec<OperationRecord>,
    ids: Cell<u128>,
}

impl History {
    fn new() -> Self {
        let mut history = Self {
            wallet: Wallet::empty(WalletId::POINTS),
            operations: Vec::new(),
            ids: Cell::new(1_000),
        };
        for points in [100, 40, 60, 7, 9] {
            history.earn(points);
        }
        history.redeem(150);
        history
    }

    fn occasion<T>(&self, decide: impl FnOnce(Occasion<'_>, Cause<'_>) -> T) -> T {
        let new_id = || {
            self.ids.set(self.ids.get() + 1);
            Uuid::from_u128(self.ids.get())
        };
        let occasion = Occasion {
            now: now(),
            new_id: &new_id,
        };
        let cause = Cause {
            reference: "order",
            effective_at: now(),
        };
        decide(occasion, cause)
    }

    fn earn(&mut self, points: i64) {
        let earned = self.occasion(|occasion, cause| {
            let earning = Earning {
                points: Points::new(points),
                terms: LotTerms {
                    active_at: Some(now()),
                    ..LotTerms::default()
                },
                cause,
            };
            earn(&self.wallet, earning, &Policies::default(), occasion)
        });
        self.record(&earned.unwrap().unwrap().posting);
    }

    fn redeem(&mut self, points: i64) {
        let redeemed = self.occasion(|occasion, cause| {
            let points = Points::new(points);
            redeem(
                &self.wallet,
                Redemption { points, cause },
                &Policies::default(),
                occasion,
            )
        });
        self.record(&redeemed.unwrap().posting);
    }

    fn record(&mut self, posting: &Posting) {
        for operation in posting.operations() {
            let mut record = OperationRecord {
                holder_id: HOLDER,
                operation_id: operation.operation_id,
                wallet_id: "POINTS".to_owned(),
                kind_number: 1,
                kind: Some(operation.kind),
                reference: operation.reference.clone(),
                subject_id: None,
                effective_at: operation.effective_at,
                recorded_at: operation.recorded_at,
                first_entry: operation.entries[0].entry_number,
                entries: pack(&operation.entries),
                details: Vec::new(),
                hash: Vec::new(),
                erased_reference: None,
                erased_details: None,
                note: None,
            };
            let opened = posting.opened().iter().map(|lot| Opening {
                wallet_id: "POINTS",
                lot,
                erased_reference: None,
            });
            let fact: Fact<'_> = record.fact();
            record.hash = seal(&fact, opened, &mut Vec::new()).to_vec();
            self.operations.push(record);
        }
        self.wallet.apply(posting).unwrap();
    }

    fn wallet(&self) -> WalletRecord {
        WalletRecord {
            wallet_id: "POINTS".to_owned(),
            figures: *self.wallet.figures(),
            last_operation_id: self.operations.last().unwrap().operation_id,
        }
    }

    fn lots(&self) -> Vec<LotRecord> {
        let wallet_id = || "POINTS".to_owned();
        let lots = self.wallet.lots().iter().cloned();
        lots.map(|lot| LotRecord {
            wallet_id: wallet_id(),
            lot,
            erased_reference: None,
        })
        .collect()
    }

    /// Audits what is recorded, with these lots, in so many shares; and tells the entries that name
    /// a lot, all and those that were found.
    fn audit(&self, lots: &[LotRecord], of: u8) -> (Findings, (u64, u64)) {
        let (mut findings, mut totals) = (Findings::default(), Totals::default());
        let (mut all, mut found) = (0, 0);
        for number in 0..of {
            let share = Share { number, of };
            let mut audit = HolderAudit::new(HOLDER, share, [self.wallet()], []);
            let own = lots
                .iter()
                .filter(|record| share.holds(record.lot.operation_id));
            own.for_each(|record| audit.lot(record.clone()));
            for operation in &self.operations {
                audit.operation(operation, &mut findings);
            }
            all = audit.lot_entries().0;
            found += audit.lot_entries().1;
            audit.finish(&mut totals, &mut findings);
        }
        totals.check(&mut findings);
        assert_eq!(totals.0[&("POINTS".to_owned(), Account::Available)], 66);
        (findings, (all, found))
    }
}

fn told(findings: &Findings) -> Vec<String> {
    findings.first.iter().map(ToString::to_string).collect()
}

#[test]
fn a_history_adds_up_as_a_whole_and_in_shares_of_its_lots() {
    let history = History::new();
    for of in [1, 2, 3, 250] {
        let (findings, (all, found)) = history.audit(&history.lots(), of);
        assert_eq!(told(&findings), Vec::<String>::new(), "in {of} shares");
        assert_eq!((all, found), (8, 8), "in {of} shares");
    }
}

#[test]
fn a_missing_lot_is_found_in_any_number_of_shares() {
    let history = History::new();
    for of in [1, 2, 3, 250] {
        let mut lots = history.lots();
        let gone = lots.pop().unwrap().lot;
        let (findings, (all, found)) = history.audit(&lots, of);
        let opening = format!("operation {}: hash", gone.operation_id);
        assert!(
            told(&findings).iter().any(|told| told.contains(&opening)),
            "in {of} shares"
        );
        assert!(found < all, "in {of} shares");
    }
}

#[test]
fn a_lot_that_nothing_has_opened_is_too_many() {
    let history = History::new();
    let mut lots = history.lots();
    let mut other = lots[0].clone();
    (other.lot.lot_id, other.lot.operation_id) = (Uuid::from_u128(9), Uuid::from_u128(8));
    lots.push(other);
    let (findings, _) = history.audit(&lots, 1);
    let told = told(&findings);
    assert!(
        told[0].contains("lot 00000000-0000-0000-0000-000000000009: presence"),
        "{told:?}"
    );
}

fn links(hashes: &[[Hash; 2]]) -> Vec<LinkRecord> {
    let mut before = GENESIS;
    let links = (1..).zip(hashes).map(|(number, operations)| {
        before = link(&before, operations);
        LinkRecord {
            chain: 3,
            link: number,
            recorded: Some((2, before.to_vec())),
            ordinals: vec![1, 2],
            hashes: operations.concat(),
        }
    });
    links.collect()
}

fn heads(last: &LinkRecord) -> Vec<Head> {
    let heads = (0..32).map(|chain| Head {
        chain,
        link: if chain == 3 { last.link } else { 0 },
        hash: if chain == 3 {
            last.recorded.clone().unwrap().1
        } else {
            GENESIS.to_vec()
        },
    });
    heads.collect()
}

fn audit_chain(links: &[LinkRecord], heads: &[Head], reported: Vec<Head>) -> Vec<String> {
    let (mut audit, mut findings) = (ChainAudit::new(reported), Findings::default());
    for link in links {
        audit.link(link, &mut findings);
    }
    audit.finish(heads, &mut findings);
    told(&findings)
}

#[test]
fn links_and_heads_are_found_to_follow_from_each_other_or_not() {
    let sound = links(&[[[1; 32], [2; 32]], [[3; 32], [4; 32]], [[5; 32], [6; 32]]]);
    let last = heads(&sound[2]);
    assert_eq!(
        audit_chain(&sound, &last, heads(&sound[1])),
        Vec::<String>::new()
    );

    let changed = |change: &dyn Fn(&mut Vec<LinkRecord>)| {
        let mut links = sound.clone();
        change(&mut links);
        audit_chain(&links, &last, heads(&sound[1]))
    };
    let first = |told: Vec<String>| told.into_iter().next().unwrap_or_default();
    let missing = first(changed(&|links| drop(links.remove(1))));
    assert_eq!(
        missing,
        "link 3 of chain 3: presence is 3, recomputed it is link 2 before it"
    );
    let swapped = first(changed(&|links| links[0].hashes.rotate_left(32)));
    assert!(
        swapped.starts_with("link 1 of chain 3: hash is"),
        "{swapped}"
    );
    let gap = first(changed(&|links| links[1].ordinals = vec![1, 3]));
    assert!(
        gap.starts_with("link 2 of chain 3: places of operations is [1, 3]"),
        "{gap}"
    );
    let unknown = first(changed(&|links| links[1].recorded = None));
    assert!(
        unknown.starts_with("link 2 of chain 3: presence is missing"),
        "{unknown}"
    );
    let cut = first(changed(&|links| drop(links.pop())));
    assert_eq!(cut, "chain 3: last link is 3, recomputed it is 2");
}

#[test]
fn a_past_that_was_made_anew_is_found_by_what_was_reported_of_it() {
    let before = links(&[[[1; 32], [2; 32]], [[3; 32], [4; 32]]]);
    let anew = links(&[[[1; 32], [2; 32]], [[9; 32], [4; 32]], [[5; 32], [6; 32]]]);
    let told = audit_chain(&anew, &heads(&anew[2]), heads(&before[1]));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("as it was reported"), "{told:?}");
}
