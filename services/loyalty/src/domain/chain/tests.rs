use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::ledger::{Account, Entry, Lot, LotTerms, Parts, Points};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn lot() -> Lot {
    Lot {
        lot_id: Uuid::from_u128(11),
        origin_id: Uuid::from_u128(12),
        operation_id: Uuid::from_u128(2),
        reference: "order".to_owned(),
        earned_at: at(30),
        terms: LotTerms {
            priority: 1,
            active_at: Some(at(40)),
            expires_at: None,
            cost_basis: Some(50),
            funding_partner: Some("bank".to_owned()),
            contributor: None,
        },
        original: Points::new(60),
        parts: Parts::default(),
    }
}

fn fact() -> Fact<'static> {
    Fact {
        holder_id: Uuid::from_u128(1),
        operation_id: Uuid::from_u128(2),
        wallet_id: "POINTS",
        kind: 1,
        reference: Text::Kept(b"order"),
        subject_id: Some(Uuid::from_u128(3)),
        effective_at: at(10),
        recorded_at: at(20),
        first_entry: 5,
        entries: b"entries",
        details: Text::Kept(b"details"),
    }
}

fn sealed(fact: &Fact<'_>, lot: &Lot) -> Hash {
    let wallet_id = fact.wallet_id;
    let opening = Opening {
        wallet_id,
        lot,
        erased_reference: None,
    };
    seal(fact, [opening], &mut Vec::new())
}

#[test]
fn the_hash_of_an_operation_never_changes() {
    // Of ledgers that exist: computed by another program. A change of the form needs another first
    // number, and a reader for both.
    let hash = sealed(&fact(), &lot());
    let hex = hash.map(|byte| format!("{byte:02x}")).concat();
    assert_eq!(
        hex,
        "536a6f37a9d4b18a52865eea9afcbfd6f6f84c2ea96045cdc3286f36afaaa40d"
    );
}

#[test]
fn nothing_of_an_operation_or_its_lots_can_change_without_its_hash() {
    let (whole, own) = (sealed(&fact(), &lot()), lot());
    let changed = |change: &dyn Fn(&mut Fact<'static>)| {
        let mut other = fact();
        change(&mut other);
        assert_ne!(sealed(&other, &own), whole, "{other:?}");
    };
    changed(&|fact| fact.holder_id = Uuid::from_u128(9));
    changed(&|fact| fact.operation_id = Uuid::from_u128(9));
    changed(&|fact| fact.wallet_id = "POINT");
    changed(&|fact| fact.kind = 2);
    changed(&|fact| fact.reference = Text::Kept(b"ordes"));
    changed(&|fact| fact.subject_id = None);
    changed(&|fact| fact.effective_at = at(11));
    changed(&|fact| fact.recorded_at = at(21));
    changed(&|fact| fact.first_entry = 6);
    changed(&|fact| fact.entries = b"entriet");
    changed(&|fact| fact.details = Text::Kept(b""));
    let changed = |change: &dyn Fn(&mut Lot)| {
        let mut other = lot();
        change(&mut other);
        assert_ne!(sealed(&fact(), &other), whole, "{other:?}");
    };
    changed(&|lot| lot.lot_id = Uuid::from_u128(9));
    changed(&|lot| lot.origin_id = Uuid::from_u128(9));
    changed(&|lot| lot.operation_id = Uuid::from_u128(9));
    changed(&|lot| lot.reference.clear());
    changed(&|lot| lot.earned_at = at(31));
    changed(&|lot| lot.terms.priority = 0);
    changed(&|lot| lot.terms.active_at = None);
    changed(&|lot| lot.terms.expires_at = Some(at(1)));
    changed(&|lot| lot.terms.cost_basis = None);
    changed(&|lot| lot.terms.funding_partner = None);
    changed(&|lot| lot.terms.contributor = Some(Uuid::nil()));
    changed(&|lot| lot.original = Points::new(61));
    let mut moved = lot();
    moved.parts.available = Points::new(60);
    assert_eq!(
        sealed(&fact(), &moved),
        whole,
        "where points stand is not hashed"
    );
}

#[test]
fn text_that_moves_from_one_field_to_the_next_makes_another_hash() {
    let one = Fact {
        entries: b"ab",
        details: Text::Kept(b"c"),
        ..fact()
    };
    let two = Fact {
        entries: b"a",
        details: Text::Kept(b"bc"),
        ..fact()
    };
    assert_ne!(sealed(&one, &lot()), sealed(&two, &lot()));
}

#[test]
fn a_link_depends_on_all_before_it_and_on_the_order_of_its_operations() {
    let (one, two) = ([1; 32], [2; 32]);
    let links = [
        link(&GENESIS, [&one, &two]),
        link(&GENESIS, [&two, &one]),
        link(&GENESIS, [&one]),
        link(&one, [&one, &two]),
    ];
    for (place, link) in links.iter().enumerate() {
        assert!(!links[place + 1..].contains(link));
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let accounts = prop::sample::select(vec![
        Account::Available,
        Account::Pending,
        Account::Held,
        Account::Debt,
        Account::Issuance,
        Account::Redemption,
        Account::Expiry,
        Account::Adjustment,
        Account::Transfer,
    ]);
    let numbers = (any::<i64>(), any::<i64>(), any::<u128>());
    (accounts, numbers).prop_map(|(account, (amount, balance, lot))| Entry {
        entry_number: 1,
        account,
        amount: Points::new(amount),
        balance_after: account.is_wallets().then(|| Points::new(balance)),
        lot_id: account.has_lots().then(|| Uuid::from_u128(lot)),
    })
}

proptest! {
    #[test]
    fn packed_entries_come_back_as_they_were(entries in prop::collection::vec(entry(), 0..20)) {
        let packed = pack(&entries);
        let back = unpack(&packed).map(|entry| entry.map(|entry| Entry {
            entry_number: 1,
            account: entry.account,
            amount: entry.amount,
            balance_after: entry.balance_after,
            lot_id: entry.lot_id,
        }));
        prop_assert_eq!(back.collect::<Result<Vec<_>, _>>(), Ok(entries));
    }

    #[test]
    fn cut_or_wrong_bytes_are_told_and_end_the_reading(
        entries in prop::collection::vec(entry(), 1..5), cut in 1..9_usize,
    ) {
        let mut packed = pack(&entries);
        packed.truncate(packed.len() - cut);
        let read: Vec<_> = unpack(&packed).collect();
        prop_assert!(read.len() <= entries.len());
        prop_assert!(read.last().is_none_or(Result::is_err));
        prop_assert_eq!(unpack(&[0]).next(), Some(Err(UnreadableEntries { place: 0 })));
        prop_assert_eq!(unpack(&[200]).count(), 1);
    }
}

#[test]
fn a_text_that_was_erased_leaves_the_hash_as_it_was_and_another_text_does_not() {
    use sha2::{Digest as _, Sha256};
    let whole = sealed(&fact(), &lot());
    let (reference, details) = (Sha256::digest(b"order"), Sha256::digest(b"details"));
    let erased = Fact {
        reference: Text::of(b"", Some(&reference)),
        details: Text::of(b"", Some(&details)),
        ..fact()
    };
    let emptied = Lot {
        reference: String::new(),
        ..lot()
    };
    let opening = |hash| Opening {
        wallet_id: "POINTS",
        lot: &emptied,
        erased_reference: Some(hash),
    };
    assert_eq!(
        seal(&erased, [opening(&reference[..])], &mut Vec::new()),
        whole
    );
    assert_ne!(
        seal(&erased, [opening(&details[..])], &mut Vec::new()),
        whole
    );
    let both = Fact {
        reference: Text::of(b"order", Some(&reference)),
        ..fact()
    };
    assert_ne!(sealed(&both, &lot()), whole);
    let swapped = Fact {
        reference: erased.details,
        ..erased
    };
    assert_ne!(
        seal(&swapped, [opening(&reference[..])], &mut Vec::new()),
        whole
    );
}
