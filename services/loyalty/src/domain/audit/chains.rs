use std::collections::BTreeMap;

use super::records::{hex, is_hash};
use super::{Difference, Findings, Quantity, Subject};
use crate::domain::chain::{CHAINS, GENESIS, Hash, link};

/// Where a chain ends, or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub chain: i16,
    /// Number of the last link; 0 where there is none.
    pub link: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

impl Head {
    /// Its hash as hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.hash)
    }

    /// The hash that these digits stand for.
    pub fn unhex(digits: &str) -> Option<Vec<u8>> {
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        rest.is_empty().then(|| pairs.iter().map(byte).collect())?
    }
}

/// A link as it is stored, and the operations that stand in it.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// The chain.
    pub chain: i16,
    /// Its number.
    pub link: i64,
    /// What is recorded of it: how many operations, and the hash. `None` when operations stand in a
    /// link that does not exist.
    pub recorded: Option<(i32, Vec<u8>)>,
    /// The places of the operations in it, in ascending order.
    pub ordinals: Vec<i32>,
    /// The hashes of the operations one after the other, in the order of their places.
    pub hashes: Vec<u8>,
}

/// The audit of all chains. Takes the links one by one, by chain and number.
#[derive(Debug)]
pub struct ChainAudit {
    chain: Option<i16>,
    link: i64,
    hash: Hash,
    ends: BTreeMap<i16, (i64, Hash)>,
    /// Links that were ends when they were reported, by chain and number.
    reported: BTreeMap<(i16, i64), Vec<u8>>,
}

impl ChainAudit {
    /// Before the first link; with ends that an earlier verification has reported.
    pub fn new(reported: impl IntoIterator<Item = Head>) -> Self {
        let reported = reported.into_iter().filter(|head| head.link > 0);
        let reported = reported.map(|head| ((head.chain, head.link), head.hash));
        Self {
            chain: None,
            link: 0,
            hash: GENESIS,
            ends: BTreeMap::new(),
            reported: reported.collect(),
        }
    }

    /// The next link.
    pub fn link(&mut self, record: &LinkRecord, findings: &mut Findings) {
        if self.chain != Some(record.chain) {
            self.chain = Some(record.chain);
            (self.link, self.hash) = (0, GENESIS);
        }
        let subject = || Subject::Link(record.chain, record.link);
        let Some((operations, hash)) = &record.recorded else {
            let orphans = format!("{} operations in it", record.ordinals.len());
            return differs(
                findings,
                subject(),
                Quantity::Presence,
                ("missing".to_owned(), orphans),
            );
        };
        let expected = self.link + 1;
        if record.link != expected {
            let (found, expected) = (
                record.link.to_string(),
                format!("link {expected} before it"),
            );
            differs(findings, subject(), Quantity::Presence, (found, expected));
        }
        let dense = (1..)
            .zip(&record.ordinals)
            .all(|(place, ordinal)| place == *ordinal);
        if !dense {
            let found = format!("{:?}", record.ordinals);
            let expected = "1, 2, 3 … each once".to_owned();
            differs(findings, subject(), Quantity::Ordinals, (found, expected));
        }
        if usize::try_from(*operations) != Ok(record.ordinals.len()) {
            let counts = (operations.to_string(), record.ordinals.len().to_string());
            differs(findings, subject(), Quantity::Operations, counts);
        }
        let own = record.hashes.as_chunks().0;
        let recomputed = link(&self.hash, own);
        if !is_hash(hash, &recomputed) {
            differs(
                findings,
                subject(),
                Quantity::Hash,
                (hex(hash), hex(&recomputed)),
            );
        }
        self.check_reported(record, &recomputed, findings);
        // What is recorded, so that one changed link does not make all later ones differ.
        self.hash = hash.as_slice().try_into().unwrap_or(recomputed);
        self.link = record.link;
        self.ends.insert(record.chain, (self.link, self.hash));
    }

    /// After the last link: compares with the heads, of which each chain has one.
    pub fn finish(mut self, heads: &[Head], findings: &mut Findings) {
        for chain in 0..i16::from(CHAINS) {
            let count = heads.iter().filter(|head| head.chain == chain).count();
            if count != 1 {
                let found = (format!("{count} heads"), "1 head".to_owned());
                differs(findings, Subject::Chain(chain), Quantity::Presence, found);
            }
        }
        for head in heads {
            let (last, hash) = self.ends.remove(&head.chain).unwrap_or((0, GENESIS));
            let subject = Subject::Chain(head.chain);
            if head.link != last {
                let links = (head.link.to_string(), last.to_string());
                differs(findings, subject, Quantity::LastLink, links);
            } else if !is_hash(&head.hash, &hash) {
                differs(
                    findings,
                    subject,
                    Quantity::Hash,
                    (hex(&head.hash), hex(&hash)),
                );
            }
        }
        for (chain, (last, _)) in self.ends {
            let found = ("missing".to_owned(), format!("a head at link {last}"));
            differs(findings, Subject::Chain(chain), Quantity::Presence, found);
        }
        for ((chain, link), hash) in self.reported {
            let found = (
                "missing".to_owned(),
                format!("as it was reported, {}", hex(&hash)),
            );
            differs(
                findings,
                Subject::Link(chain, link),
                Quantity::Presence,
                found,
            );
        }
    }

    fn check_reported(&mut self, record: &LinkRecord, hash: &Hash, findings: &mut Findings) {
        let reported = self.reported.remove(&(record.chain, record.link));
        if let Some(reported) = reported.filter(|reported| !is_hash(reported, hash)) {
            let subject = Subject::Link(record.chain, record.link);
            let hashes = (hex(hash), format!("as it was reported, {}", hex(&reported)));
            differs(findings, subject, Quantity::Hash, hashes);
        }
    }
}

fn differs(
    findings: &mut Findings,
    subject: Subject,
    quantity: Quantity,
    (recorded, recomputed): (String, String),
) {
    findings.add(|| Difference {
        holder_id: None,
        subject,
        quantity,
        recorded,
        recomputed,
    });
}
