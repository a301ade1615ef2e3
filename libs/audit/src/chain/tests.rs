//! Whatever is changed, taken away or added in a chain is found where it was done.

use std::sync::LazyLock;

use jiff::Timestamp;
use seal::DataKey;
use uuid::Uuid;

use super::*;

const CHAIN: Uuid = Uuid::from_u128(7);
/// Entries of a batch.
const EACH: i64 = 2;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn entry(number: u8) -> Entry {
    Entry {
        called_at: at(99),
        actor: "user:ann".into(),
        on_behalf_of: "".into(),
        method: "patron.profile.v1.CustomerService/GetCustomer".into(),
        kind: Kind::Read.number(),
        code: 0,
        customer_ids: vec![Uuid::from_u128(number.into())],
        resources: vec!["case_id=?".to_owned()],
        read_fields: vec!["Customer.display_name".into()],
        written_fields: Vec::new(),
        purpose: "ticket/1".into(),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        partial: false,
    }
}

static KEY: LazyLock<DataKey> = LazyLock::new(|| DataKey::new(CHAIN).unwrap());

/// A batch of these entries at its place, not chained yet.
fn kept(number: u8, entries: &[Entry]) -> Kept {
    let number = i64::from(number);
    let subjects = Subjects::of(entries);
    Kept {
        batch: Batch {
            chain_id: CHAIN,
            first: (number - 1) * EACH + 1,
            last: number * EACH,
            recorded_at: at(100 + number),
            form: SEALED,
            entries: KEY
                .seal(place((number - 1) * EACH + 1), &pack(entries))
                .unwrap(),
        },
        packed: Some(pack(entries)),
        actors: subjects.actors.into_iter().collect(),
        customer_ids: subjects.customer_ids.into_iter().collect(),
        hash: Vec::new(),
    }
}

/// Chains batches as they are.
fn bind(chain: &mut [Kept]) {
    let mut before = genesis(CHAIN, at(1));
    for kept in chain {
        before = kept.batch.hash(&before);
        kept.hash = before.to_vec();
    }
}

/// A sound chain of five batches of two.
fn chain() -> Vec<Kept> {
    let mut chain: Vec<_> = (1..=5)
        .map(|number| kept(number, &[entry(2 * number), entry(2 * number + 1)]))
        .collect();
    bind(&mut chain);
    chain
}

fn head_of(chain: &[Kept]) -> Option<Head> {
    let kept = chain.last()?;
    Some(Head {
        sequence: kept.batch.last,
        hash: Hash::try_from(&*kept.hash).unwrap(),
    })
}

fn verify(
    chain: &[Kept],
    anchor: Option<Head>,
    head: Option<Head>,
    known: Option<Head>,
) -> Vec<(i64, i64, Problem)> {
    let mut findings = Findings::default();
    let started_at = Some(at(1));
    let origin = Origin { started_at, anchor };
    let mut verifier = Verifier::new(CHAIN, origin, None, known, &mut findings);
    for kept in chain {
        verifier.batch(kept);
    }
    verifier.finish(head);
    let told = findings.first.iter();
    told.map(|finding| (finding.sequence, finding.last, finding.problem))
        .collect()
}

#[test]
fn entries_are_read_as_they_were_packed() {
    let bare = Entry {
        customer_ids: Vec::new(),
        resources: Vec::new(),
        purpose: "".into(),
        written_fields: vec!["Customer.display_name".into(), "Customer.gender".into()],
        partial: true,
        ..entry(2)
    };
    let entries = [entry(1), bare, entry(3)];
    assert_eq!(unpack(&pack(&entries)).unwrap(), entries);
    assert_eq!(unpack(&pack(&[])).unwrap(), []);
    assert_eq!(unpack(b"\x12\x02\x10\x09"), None, "names what is not there");
}

#[test]
fn what_calls_have_in_common_is_kept_once() {
    let alone = pack(&[entry(1)]).len();
    let entries: Vec<Entry> = (0..100).map(entry).collect();
    assert!(alone > 150, "{alone}");
    assert!(pack(&entries).len() < 100 * 100, "{}", pack(&entries).len());
}

#[test]
fn a_sound_chain_has_no_findings_also_when_its_beginning_was_dropped() {
    let chain = chain();
    let head = head_of(&chain);
    assert_eq!(verify(&chain, None, head, head), []);
    for dropped in 1..=chain.len() {
        let (gone, left) = chain.split_at(dropped);
        assert_eq!(verify(left, head_of(gone), head, head), [], "{dropped}");
        assert_eq!(verify(left, head_of(gone), head, head_of(gone)), []);
    }
}

/// A change of one thing.
type Change = fn(&mut Entry);

#[test]
fn a_change_of_anything_in_an_entry_is_found_and_only_there() {
    let changes: [Change; 13] = [
        |entry| entry.called_at = at(98),
        |entry| entry.actor = "user:anna".into(),
        |entry| entry.on_behalf_of = "user:anna".into(),
        |entry| entry.method = "patron.profile.v1.CustomerService/GetCustomers".into(),
        |entry| entry.kind = 2,
        |entry| entry.code = 5,
        |entry| entry.customer_ids.clear(),
        |entry| entry.resources.push(String::new()),
        |entry| entry.read_fields.clear(),
        |entry| entry.written_fields.push("Customer.display_name".into()),
        |entry| entry.purpose = "".into(),
        |entry| entry.trace_id.clear(),
        |entry| entry.partial = true,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut chain = chain();
        let head = head_of(&chain);
        let mut entries = unpack(chain[2].packed.as_ref().unwrap()).unwrap();
        change(&mut entries[1]);
        // Whoever changes an entry also changes by whom it is found.
        let hash = chain[2].hash.clone();
        chain[2] = Kept {
            hash,
            ..kept(3, &entries)
        };
        let changed = [(5, 6, Problem::Changed)];
        assert_eq!(verify(&chain, None, head, None), changed, "{number}");
    }
}

#[test]
fn a_change_of_what_is_kept_with_entries_is_found() {
    let changes: [fn(&mut Kept); 6] = [
        |kept| kept.batch.recorded_at = at(1_000),
        |kept| kept.batch.chain_id = Uuid::from_u128(8),
        |kept| kept.actors.clear(),
        |kept| kept.customer_ids.push(Uuid::from_u128(1)),
        |kept| kept.batch.entries.clear(),
        |kept| kept.batch.form = PACKED,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut chain = chain();
        let head = head_of(&chain);
        change(&mut chain[2]);
        let changed = [(5, 6, Problem::Changed)];
        assert_eq!(verify(&chain, None, head, None), changed, "{number}");
    }
    let mut chain = chain();
    let head = head_of(&chain);
    chain[2].hash[31] ^= 1;
    // A hash holds two batches together: its own, and the next one's.
    let changed = [(5, 6, Problem::Changed), (7, 8, Problem::Changed)];
    assert_eq!(verify(&chain, None, head, None), changed);
}

#[test]
fn what_is_sealed_opens_at_its_place_in_its_chain_alone() {
    let batch = kept(3, &[entry(1), entry(2)]).batch;
    assert_eq!(batch.open(Some(&KEY)), Some(pack(&[entry(1), entry(2)])));
    assert_eq!(batch.open(None), None);
    let moved = Batch { first: 7, ..batch };
    assert_eq!(moved.open(Some(&KEY)), None);
    let elsewhere = DataKey::new(Uuid::from_u128(8)).unwrap();
    let batch = kept(3, &[entry(1), entry(2)]).batch;
    assert_eq!(batch.open(Some(&elsewhere)), None);
}

#[test]
fn what_was_written_before_entries_were_sealed_is_read_and_verified() {
    let mut chain = chain();
    for kept in &mut chain[..2] {
        let packed = kept.packed.clone().unwrap();
        (kept.batch.form, kept.batch.entries) = (PACKED, packed);
        kept.packed = kept.batch.open(None);
    }
    bind(&mut chain);
    assert_eq!(chain[0].entries().unwrap().len(), 2);
    let head = head_of(&chain);
    assert_eq!(verify(&chain, None, head, head), []);
}

#[test]
fn a_chain_is_verified_without_its_key_and_what_was_changed_is_told_apart_from_it() {
    let mut chain = chain();
    let head = head_of(&chain);
    for kept in &mut chain[2..4] {
        kept.packed = kept.batch.open(None);
    }
    chain[3].batch.entries[40] ^= 1;
    let found = [(5, 6, Problem::Unreadable), (7, 8, Problem::Changed)];
    assert_eq!(verify(&chain, None, head, None), found);
}

#[test]
fn what_is_gone_is_named_and_so_is_a_tail() {
    let whole = chain();
    let head = head_of(&whole);
    for gone in 0..4 {
        let mut chain = whole.clone();
        let missing = chain.remove(gone).batch;
        let missing = [(missing.first, missing.last, Problem::Missing)];
        assert_eq!(verify(&chain, None, head, None), missing);
    }
    for left in 0..5 {
        let chain = &whole[..left];
        let next = i64::try_from(left).unwrap() * EACH + 1;
        let truncated = [(next, 10, Problem::Truncated)];
        assert_eq!(verify(chain, None, head, None), truncated);
        // Whoever also puts the head back is found by who kept it.
        if left > 0 {
            assert_eq!(verify(chain, None, head_of(chain), head), truncated);
        }
    }
}

#[test]
fn a_batch_that_stands_twice_is_found() {
    let mut chain = chain();
    let head = head_of(&chain);
    chain.insert(3, chain[2].clone());
    assert_eq!(verify(&chain, None, head, None), [(5, 6, Problem::Changed)]);
}

#[test]
fn a_chain_that_was_made_anew_differs_from_the_head_that_was_kept() {
    let kept_head = head_of(&chain());
    let forge = |batch: u8| {
        let mut anew = chain();
        anew[1] = kept(2, &[entry(batch), entry(9)]);
        bind(&mut anew);
        anew
    };
    let anew = forge(77);
    let head = head_of(&anew);
    assert_eq!(verify(&anew, None, head, None), []);
    let rewritten = [(9, 10, Problem::Rewritten)];
    assert_eq!(verify(&anew, None, head, kept_head), rewritten);
    // Also one that has no end any more where the head was.
    let mut within = chain();
    within[4].batch.last = 11;
    within[4].packed = Some(pack(&[entry(1), entry(2), entry(3)]));
    within[4].customer_ids = (1..=3).map(Uuid::from_u128).collect();
    bind(&mut within);
    let head = head_of(&within);
    assert_eq!(verify(&within, None, head, None), []);
    let rewritten = [(9, 11, Problem::Rewritten)];
    assert_eq!(verify(&within, None, head, kept_head), rewritten);
    assert_eq!(
        verify(&forge(77), None, None, None),
        [(10, 10, Problem::HeadChanged)]
    );
}

#[test]
fn an_anchor_hides_nothing_that_is_there() {
    let mut chain = chain();
    let head = head_of(&chain);
    let anchor = head_of(&chain[..3]);
    assert_eq!(verify(&chain, anchor, head, None), []);
    chain[1].actors.clear();
    let changed = [(3, 4, Problem::Changed)];
    assert_eq!(verify(&chain, anchor, head, None), changed);
}
