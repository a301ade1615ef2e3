//! Whatever is changed, taken away or added in a chain is found where it was done.

use jiff::Timestamp;
use uuid::Uuid;

use super::*;

const CHAIN: Uuid = Uuid::from_u128(7);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn entry(number: u8) -> Entry {
    Entry {
        recorded_at: at(100 + i64::from(number)),
        called_at: at(99),
        actor: "user:ann".to_owned(),
        on_behalf_of: String::new(),
        method: "patron.profile.v1.CustomerService/GetCustomer".to_owned(),
        kind: Kind::Read.number(),
        code: 0,
        customer_ids: vec![Uuid::from_u128(1)],
        resources: vec!["case_id=?".to_owned()],
        read_fields: vec!["Customer.display_name".to_owned()],
        written_fields: Vec::new(),
        purpose: "ticket/1".to_owned(),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        partial: false,
    }
}

/// A sound chain of five.
fn chain() -> Vec<(i64, Entry, Hash)> {
    let mut before = genesis(CHAIN, at(1));
    let numbered = (1..=5u8).map(|number| {
        let (sequence, entry) = (i64::from(number), entry(number));
        before = seal(&before, CHAIN, sequence, &entry);
        (sequence, entry, before)
    });
    numbered.collect()
}

fn head_of(chain: &[(i64, Entry, Hash)]) -> Option<Head> {
    let (sequence, _, hash) = chain.last()?;
    Some(Head {
        sequence: *sequence,
        hash: *hash,
    })
}

fn verify(
    chain: &[(i64, Entry, Hash)],
    anchor: Option<Head>,
    head: Option<Head>,
    known: Option<Head>,
) -> Vec<(i64, Problem)> {
    let mut findings = Findings::default();
    let started_at = Some(at(1));
    let origin = Origin { started_at, anchor };
    let mut verifier = Verifier::new(CHAIN, origin, None, known, &mut findings);
    for (sequence, entry, hash) in chain {
        verifier.entry(*sequence, entry, hash);
    }
    verifier.finish(head);
    let told = findings.first.iter();
    told.map(|finding| (finding.sequence, finding.problem))
        .collect()
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
    let changes: [Change; 14] = [
        |entry| entry.recorded_at = at(1_000),
        |entry| entry.called_at = at(98),
        |entry| entry.actor.push('a'),
        |entry| entry.on_behalf_of.push('a'),
        |entry| entry.method.push('a'),
        |entry| entry.kind = 2,
        |entry| entry.code = 5,
        |entry| entry.customer_ids.clear(),
        |entry| entry.resources.push(String::new()),
        |entry| entry.read_fields.clear(),
        |entry| {
            entry
                .written_fields
                .push("Customer.display_name".to_owned());
        },
        |entry| entry.purpose.clear(),
        |entry| entry.trace_id.clear(),
        |entry| entry.partial = true,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut chain = chain();
        let head = head_of(&chain);
        change(&mut chain[2].1);
        assert_eq!(
            verify(&chain, None, head, None),
            [(3, Problem::Changed)],
            "{number}"
        );
    }
    let mut chain = chain();
    let head = head_of(&chain);
    chain[2].2[31] ^= 1;
    // A hash holds two entries together: its own, and the next one's.
    let changed = [(3, Problem::Changed), (4, Problem::Changed)];
    assert_eq!(verify(&chain, None, head, None), changed);
}

#[test]
fn an_entry_that_is_gone_is_named_and_so_is_a_tail() {
    let whole = chain();
    let head = head_of(&whole);
    for gone in 0..4 {
        let mut chain = whole.clone();
        chain.remove(gone);
        let missing = i64::try_from(gone).unwrap() + 1;
        assert_eq!(
            verify(&chain, None, head, None),
            [(missing, Problem::Missing)]
        );
    }
    for left in 0..5 {
        let chain = &whole[..left];
        let next = i64::try_from(left).unwrap() + 1;
        let truncated = (next, Problem::Truncated);
        assert_eq!(verify(chain, None, head, None), [truncated]);
        // Whoever also puts the head back is found by who kept it.
        if left > 0 {
            assert_eq!(verify(chain, None, head_of(chain), head), [truncated]);
        }
    }
}

#[test]
fn a_chain_that_was_made_anew_differs_from_the_head_that_was_kept() {
    let kept = head_of(&chain());
    let mut before = genesis(CHAIN, at(1));
    let mut anew = chain();
    anew[1].1.actor = "user:bob".to_owned();
    for (sequence, entry, hash) in &mut anew {
        before = seal(&before, CHAIN, *sequence, entry);
        *hash = before;
    }
    let head = head_of(&anew);
    assert_eq!(verify(&anew, None, head, None), []);
    assert_eq!(verify(&anew, None, head, kept), [(5, Problem::Rewritten)]);
    assert_eq!(verify(&anew, None, None, None), [(5, Problem::HeadChanged)]);
}

#[test]
fn an_anchor_hides_nothing_that_is_there() {
    let mut chain = chain();
    let head = head_of(&chain);
    let anchor = head_of(&chain[..3]);
    assert_eq!(verify(&chain, anchor, head, None), []);
    chain[1].1.actor.clear();
    assert_eq!(verify(&chain, anchor, head, None), [(2, Problem::Changed)]);
}
