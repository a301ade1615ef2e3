use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::chain::{Fact, Hash, Text};
use crate::domain::ledger::{Figures, Hold, Kind, Lot, Points, Resolution};

/// An operation as it is stored.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    /// Whose.
    pub holder_id: Uuid,
    /// The operation.
    pub operation_id: Uuid,
    /// The wallet.
    pub wallet_id: String,
    /// Number of its kind.
    pub kind_number: i16,
    /// Its kind; `None` when there is none of that number.
    pub kind: Option<Kind>,
    /// What caused it.
    pub reference: String,
    /// What it belongs to.
    pub subject_id: Option<Uuid>,
    /// When what caused it happened.
    pub effective_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Number of its first entry.
    pub first_entry: i64,
    /// Its entries, packed.
    pub entries: Vec<u8>,
    /// What explains it.
    pub details: Vec<u8>,
    /// Its hash.
    pub hash: Vec<u8>,
    /// Of a reference that was erased, its SHA-256.
    pub erased_reference: Option<Vec<u8>>,
    /// Of details that were erased, their SHA-256.
    pub erased_details: Option<Vec<u8>>,
    /// What its details say of a hold.
    pub note: Option<HoldNote>,
}

/// What the details of an operation say of the hold that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldNote {
    /// It places the hold, until then.
    Placed {
        /// By whom.
        customer_id: Uuid,
        /// When it times out.
        expires_at: Timestamp,
    },
    /// It ends the hold.
    Ended {
        /// How.
        resolution: Resolution,
    },
}

/// A wallet as it is stored.
#[derive(Clone, Debug)]
pub struct WalletRecord {
    /// The wallet.
    pub wallet_id: String,
    /// Its figures.
    pub figures: Figures,
    /// Greatest id of its operations.
    pub last_operation_id: Uuid,
}

/// A lot as it is stored.
#[derive(Clone, Debug)]
pub struct LotRecord {
    /// The wallet that it lies in.
    pub wallet_id: String,
    /// The lot.
    pub lot: Lot,
    /// Of a reference that was erased, its SHA-256.
    pub erased_reference: Option<Vec<u8>>,
}

/// A hold as it is stored.
#[derive(Clone, Debug)]
pub struct HoldRecord {
    /// The wallet.
    pub wallet_id: String,
    /// What for.
    pub reference: String,
    /// Who placed it.
    pub customer_id: Uuid,
    /// How many points.
    pub points: Points,
    /// When it was made.
    pub created_at: Timestamp,
    /// Spent beyond the points.
    pub confirmed_beyond: Points,
    /// The redemptions that have spent them.
    pub redemption_ids: Vec<Uuid>,
    /// The hold.
    pub hold: Hold,
}

impl OperationRecord {
    /// What its hash covers, short of lots.
    pub(super) fn fact(&self) -> Fact<'_> {
        Fact {
            holder_id: self.holder_id,
            operation_id: self.operation_id,
            wallet_id: &self.wallet_id,
            kind: self.kind_number,
            reference: Text::of(self.reference.as_bytes(), self.erased_reference.as_deref()),
            subject_id: self.subject_id,
            effective_at: self.effective_at,
            recorded_at: self.recorded_at,
            first_entry: self.first_entry,
            entries: &self.entries,
            details: Text::of(&self.details, self.erased_details.as_deref()),
        }
    }
}

/// A hash as hexadecimal digits.
pub(super) fn hex(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a stored hash is this one.
pub(super) fn is_hash(stored: &[u8], hash: &Hash) -> bool {
    stored == hash.as_slice()
}
