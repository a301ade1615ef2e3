use jiff::Timestamp;
use uuid::Uuid;

use super::{HoldNote, HoldRecord, OperationRecord, Quantity};
use crate::domain::chain::Packed;
use crate::domain::ledger::{Account, Kind, LotShare, Resolution};

/// What the operations of a hold come to, beside what is recorded of it.
#[derive(Debug, Default)]
pub(super) struct HoldTally {
    record: Option<HoldRecord>,
    placed: Option<Placed>,
    /// What still stands on the held account.
    open: i128,
    confirmed: i128,
    beyond: i128,
    redemption_ids: Vec<Uuid>,
    resolution: Option<Resolution>,
}

/// What the operation that placed a hold says of it.
#[derive(Debug)]
struct Placed {
    wallet_id: String,
    reference: String,
    shares: Vec<LotShare>,
    note: Option<HoldNote>,
    recorded_at: Timestamp,
}

impl HoldTally {
    pub(super) fn of(record: HoldRecord) -> Self {
        Self {
            record: Some(record),
            ..Self::default()
        }
    }

    /// Takes an operation that belongs to the hold.
    pub(super) fn add(&mut self, operation: &OperationRecord, entries: &[Packed]) {
        self.open += moved(entries, Account::Held);
        match operation.kind {
            Some(Kind::Hold) => self.placed = Some(Placed::by(operation, entries)),
            Some(Kind::Redeem) => {
                self.confirmed -= moved(entries, Account::Held);
                self.beyond -= moved(entries, Account::Available);
                self.redemption_ids.push(operation.operation_id);
            }
            _ => {}
        }
        if let Some(HoldNote::Ended { resolution }) = operation.note {
            self.resolution = Some(resolution);
        } else if self.open == 0 && self.resolution.is_none() {
            self.resolution = Some(Resolution::Confirmed);
        }
    }

    /// What it still holds.
    pub(super) fn open(&self) -> i128 {
        self.open
    }

    /// Compares with what is recorded.
    pub(super) fn finish(&self, mut differs: impl FnMut(Quantity, String, String)) {
        let presence = |recorded: &str, recomputed: &str| {
            let (recorded, recomputed) = (recorded.to_owned(), recomputed.to_owned());
            (Quantity::Presence, recorded, recomputed)
        };
        let (quantity, recorded, recomputed) = match (&self.record, &self.placed) {
            (Some(record), Some(placed)) => return self.compare(record, placed, differs),
            (Some(_), None) => presence("a hold", "never placed"),
            (None, _) => presence("missing", "a hold"),
        };
        differs(quantity, recorded, recomputed);
    }

    fn compare(
        &self,
        record: &HoldRecord,
        placed: &Placed,
        mut differs: impl FnMut(Quantity, String, String),
    ) {
        let mut compare = |quantity, recorded: String, recomputed: String| {
            if recorded != recomputed {
                differs(quantity, recorded, recomputed);
            }
        };
        let hold = &record.hold;
        compare(
            Quantity::Wallet,
            record.wallet_id.clone(),
            placed.wallet_id.clone(),
        );
        compare(
            Quantity::Reference,
            record.reference.clone(),
            placed.reference.clone(),
        );
        compare(
            Quantity::Points,
            record.points.to_string(),
            sum(&placed.shares).to_string(),
        );
        compare(Quantity::Shares, shares(&hold.lots), shares(&placed.shares));
        let (customer, expires_at) = match placed.note {
            Some(HoldNote::Placed {
                customer_id,
                expires_at,
            }) => (customer_id.to_string(), expires_at.to_string()),
            _ => ("unknown".to_owned(), "unknown".to_owned()),
        };
        compare(Quantity::Customer, record.customer_id.to_string(), customer);
        compare(
            Quantity::ExpireTime,
            hold.expires_at.to_string(),
            expires_at,
        );
        compare(
            Quantity::CreateTime,
            record.created_at.to_string(),
            placed.recorded_at.to_string(),
        );
        compare(
            Quantity::State,
            state(hold.resolution),
            state(self.resolution),
        );
        compare(
            Quantity::Confirmed,
            hold.confirmed.to_string(),
            self.confirmed.to_string(),
        );
        compare(
            Quantity::ConfirmedBeyond,
            record.confirmed_beyond.to_string(),
            self.beyond.to_string(),
        );
        compare(
            Quantity::Redemptions,
            ids(&record.redemption_ids),
            ids(&self.redemption_ids),
        );
    }
}

impl Placed {
    fn by(operation: &OperationRecord, entries: &[Packed]) -> Self {
        let held = entries
            .iter()
            .filter(|entry| entry.account == Account::Held);
        let share = |entry: &Packed| LotShare {
            lot_id: entry.lot_id.unwrap_or_default(),
            points: entry.amount,
        };
        Self {
            wallet_id: operation.wallet_id.clone(),
            reference: operation.reference.clone(),
            shares: held.map(share).collect(),
            note: operation.note,
            recorded_at: operation.recorded_at,
        }
    }
}

fn moved(entries: &[Packed], account: Account) -> i128 {
    let entries = entries.iter();
    let of_account = entries.filter(|entry| entry.account == account);
    of_account.map(|entry| i128::from(entry.amount.get())).sum()
}

fn sum(shares: &[LotShare]) -> i128 {
    shares
        .iter()
        .map(|share| i128::from(share.points.get()))
        .sum()
}

fn shares(shares: &[LotShare]) -> String {
    let shares = shares.iter();
    let told: Vec<String> = shares
        .map(|LotShare { lot_id, points }: &LotShare| format!("{points} of {lot_id}"))
        .collect();
    told.join(", ")
}

fn ids(ids: &[Uuid]) -> String {
    let told: Vec<String> = ids.iter().map(ToString::to_string).collect();
    told.join(", ")
}

fn state(resolution: Option<Resolution>) -> String {
    resolution.map_or_else(|| "open".to_owned(), |resolution| format!("{resolution:?}"))
}
