//! What came to pass, so that nothing is proven of what never occurs.

use std::collections::BTreeMap;

/// How often something happened.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<&'static str, u64>);

impl Seen {
    pub(super) fn note(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(super) fn note_if(&mut self, is_so: bool, what: &'static str) {
        if is_so {
            self.note(what);
        }
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (what, often) in other.0 {
            *self.0.entry(what).or_default() += often;
        }
        self
    }

    /// Fails when something never happened.
    pub(super) fn check(&self) {
        for kind in KINDS {
            let often = self.0.get(kind).copied().unwrap_or_default();
            println!("{often:>9} {kind}");
            assert!(often > 0, "it never came to this: {kind}");
        }
    }
}

/// All that has to have happened.
const KINDS: [&str; 26] = [
    "joined",
    "joined where one was joined already",
    "joined once more",
    "joining was refused",
    "parted",
    "a link was taken back that was not the last",
    "a link was taken back and others hold",
    "told while joined",
    "told alone",
    "telling was refused",
    "an identifier of another id is withdrawn",
    "consent while joined",
    "consent alone",
    "tagged while joined",
    "a tag was taken off for another id, too",
    "a tag to take off was not there",
    "a tag has ended",
    "an attribute was set while joined",
    "an attribute was cleared for another id, too",
    "bought while joined",
    "paid back at another id",
    "paying back was refused",
    "a member while joined",
    "no member while joined",
    "a member once parted",
    "no member once parted",
];
