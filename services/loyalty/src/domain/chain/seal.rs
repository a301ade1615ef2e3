use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Hash;
use super::canonical::Canonical;
use crate::domain::ledger::Lot;

/// Number of the form in which is hashed. A later form begins with another number.
const FORM: i16 = 2;

/// All that is recorded of an operation, as it is stored. Names are their numbers and codes are
/// texts, so that a number or code that stands for nothing is hashed like any other.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Whose wallet.
    pub holder_id: Uuid,
    /// The operation.
    pub operation_id: Uuid,
    /// The wallet.
    pub wallet_id: &'a str,
    /// Number of its kind.
    pub kind: i16,
    /// What caused it.
    pub reference: Text<'a>,
    /// What it belongs to: a hold, a redemption.
    pub subject_id: Option<Uuid>,
    /// When what caused it happened.
    pub effective_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Number of its first entry.
    pub first_entry: i64,
    /// Its entries, packed.
    pub entries: &'a [u8],
    /// What explains it.
    pub details: Text<'a>,
}

/// A text of which only its own hash is part of the hash of the operation: so it can be erased, and the
/// ledger be proven all the same. Figures can't.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// As it was written.
    Kept(&'a [u8]),
    /// Its SHA-256: the text was erased, with the person whom it was about.
    Erased(&'a [u8]),
    /// Both, which nobody writes: no hash of an operation is made of it.
    Both(&'a [u8], &'a [u8]),
}

impl<'a> Text<'a> {
    /// A text that is kept, or the hash of one that was.
    pub fn of(text: &'a [u8], erased: Option<&'a [u8]>) -> Self {
        match erased {
            None => Self::Kept(text),
            Some(hash) if text.is_empty() => Self::Erased(hash),
            Some(hash) => Self::Both(text, hash),
        }
    }

    fn write(self, form: &mut Canonical<'_>) {
        match self {
            Self::Kept(text) => form.bytes(&Sha256::digest(text)),
            Self::Erased(hash) => form.bytes(hash),
            Self::Both(text, hash) => form.bytes(text).bytes(hash),
        };
    }
}

/// A lot that an operation opens, as it is stored. Where its points stand is no part of the hash.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The wallet that it lies in.
    pub wallet_id: &'a str,
    /// The lot.
    pub lot: &'a Lot,
    /// Of a lot whose reference was erased, its SHA-256.
    pub erased_reference: Option<&'a [u8]>,
}

/// The hash of an operation and of the lots that it opens, which are in ascending order of their
/// ids. `buffer` is overwritten; whoever seals many hands in the same one each time.
pub fn seal<'a>(
    fact: &Fact<'_>,
    opened: impl IntoIterator<Item = Opening<'a>>,
    buffer: &mut Vec<u8>,
) -> Hash {
    buffer.clear();
    let mut form = Canonical(buffer);
    form.small(FORM)
        .id(fact.holder_id)
        .id(fact.operation_id)
        .text(fact.wallet_id)
        .small(fact.kind)
        .optional(fact.subject_id, Canonical::id)
        .time(fact.effective_at)
        .time(fact.recorded_at)
        .number(fact.first_entry)
        .bytes(fact.entries);
    fact.reference.write(&mut form);
    fact.details.write(&mut form);
    for opening in opened {
        write_lot(&mut form, opening);
    }
    Sha256::digest(&*buffer).into()
}

fn write_lot(form: &mut Canonical<'_>, opening: Opening<'_>) {
    let Opening { wallet_id, lot, .. } = opening;
    let terms = &lot.terms;
    form.id(lot.lot_id)
        .text(wallet_id)
        .id(lot.operation_id)
        .id(lot.origin_id)
        .small(terms.priority)
        .time(lot.earned_at)
        .optional(terms.active_at, Canonical::time)
        .optional(terms.expires_at, Canonical::time)
        .number(lot.original.get())
        .optional(terms.cost_basis, Canonical::number)
        .optional(terms.funding_partner.as_deref(), Canonical::text)
        .optional(terms.contributor, Canonical::id);
    Text::of(lot.reference.as_bytes(), opening.erased_reference).write(form);
}

/// The hash of a link: of the one before it, and of its operations in their order.
pub fn link<'a>(before: &Hash, operations: impl IntoIterator<Item = &'a Hash>) -> Hash {
    let mut digest = Sha256::new_with_prefix(before);
    for hash in operations {
        digest.update(hash);
    }
    digest.finalize().into()
}
