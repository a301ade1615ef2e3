use contract::patron::loyalty::v1::{OperationAuthor, OperationDetails};
use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use crate::domain::chain::{Fact, Opening, Text, pack, seal};
use crate::domain::ledger::{Kind, Operation, Posting};
use crate::store::ledger::NewOperation;
use crate::store::numbers::Numbered as _;

/// What was decided on a wallet, and why.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(super) holder_id: Uuid,
    pub(super) posting: Posting,
    pub(super) at: Option<Uuid>,
    pub(super) subject_id: Option<Uuid>,
    /// Whose act it is, on a pool.
    member_id: Option<Uuid>,
    details: Vec<(Kind, OperationDetails)>,
}

impl Posted {
    /// On the wallet in which this member's points of that currency lie.
    pub(crate) fn new(holder_id: Uuid, posting: Posting) -> Self {
        Self {
            holder_id,
            posting,
            at: None,
            subject_id: None,
            member_id: None,
            details: Vec::new(),
        }
    }

    /// On the holder's own wallet, wherever its points lie now.
    #[must_use]
    pub(crate) fn own(self) -> Self {
        let holder_id = self.holder_id;
        self.at(holder_id)
    }

    /// On the wallet of one of those in whose wallets the member's points lie, or have lain.
    #[must_use]
    pub(crate) fn at(mut self, holder_id: Uuid) -> Self {
        self.at = Some(holder_id);
        self
    }

    /// As it is to be written: on a wallet of this holder; on a pool, for this member.
    pub(super) fn settled(mut self, holder_id: Uuid, member_id: Option<Uuid>) -> Self {
        (self.holder_id, self.member_id) = (holder_id, member_id);
        if let Some(member_id) = member_id {
            self.posting = self.posting.contributed_by(member_id);
        }
        self
    }

    /// With new lots that are marked as this merge's.
    pub(super) fn marked(mut self, mark: Option<Uuid>) -> Self {
        if let Some(mark) = mark {
            self.posting = self.posting.contributed_by(mark);
        }
        self
    }

    /// What of this service it belongs to: the hold that is confirmed or released, the redemption
    /// whose points are restored.
    #[must_use]
    pub(crate) fn about(mut self, subject_id: Uuid) -> Self {
        self.subject_id = Some(subject_id);
        self
    }

    /// What explains the operations of a kind. Those of other kinds speak for themselves.
    #[must_use]
    pub(crate) fn explained(mut self, kind: Kind, details: OperationDetails) -> Self {
        self.details.push((kind, details));
        self
    }

    /// The operations as they are to be recorded.
    pub(super) fn record(&self, now: Timestamp, buffer: &mut Vec<u8>) -> Vec<NewOperation> {
        let operations = self.posting.operations().iter();
        operations
            .map(|operation| self.record_one(operation, now, buffer))
            .collect()
    }

    fn record_one(
        &self,
        operation: &Operation,
        now: Timestamp,
        buffer: &mut Vec<u8>,
    ) -> NewOperation {
        let wallet_id = self.posting.wallet_id();
        let first = operation.entries.first();
        let mut new = NewOperation {
            holder_id: self.holder_id,
            wallet_id,
            operation_id: operation.operation_id,
            kind: operation.kind.number(),
            reference: operation.reference.clone(),
            subject_id: self.subject_id,
            effective_at: operation.effective_at,
            first_entry: first.map_or(0, |entry| entry.entry_number),
            entries: pack(&operation.entries),
            details: self.details_of(operation.kind),
            hash: [0; 32],
        };
        let fact = Fact {
            holder_id: new.holder_id,
            operation_id: new.operation_id,
            wallet_id: new.wallet_id.as_str(),
            kind: new.kind,
            reference: Text::Kept(new.reference.as_bytes()),
            subject_id: new.subject_id,
            effective_at: new.effective_at,
            recorded_at: now,
            first_entry: new.first_entry,
            entries: &new.entries,
            details: Text::Kept(&new.details),
        };
        let opened = self.posting.opened().iter();
        let opened = opened.filter(|lot| lot.operation_id == new.operation_id);
        let opened = opened.map(|lot| Opening {
            wallet_id: wallet_id.as_str(),
            lot,
            erased_reference: None,
        });
        new.hash = seal(&fact, opened, buffer);
        new
    }

    fn details_of(&self, kind: Kind) -> Vec<u8> {
        let details = self.details.iter().find(|(of, _)| *of == kind);
        let mut bytes = details.map_or_else(Vec::new, |(_, details)| details.encode_to_vec());
        if let Some(member_id) = self.member_id {
            let customer_id = member_id.to_string();
            bytes.append(&mut OperationAuthor { customer_id }.encode_to_vec());
        }
        bytes
    }
}
