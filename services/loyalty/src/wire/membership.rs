use ::contract::time::timestamp;
use contract::membership_change::Kind as WireKind;
use contract::patron::loyalty::v1 as contract;

use super::members::state;
use crate::domain::membership::ChangeKind;
use crate::store::membership::changes::Change;
use crate::store::membership::merges::{Merge, MergedWallet};

/// Something that happened to a membership.
pub(crate) fn change(change: Change) -> contract::MembershipChange {
    contract::MembershipChange {
        customer_id: change.customer_id.to_string(),
        number: change.number,
        kind: kind(change.kind).into(),
        state: state(change.state).into(),
        reason: change.reason,
        changed_by: change.changed_by,
        change_time: Some(timestamp(change.changed_at)),
        other_customer_id: change
            .other_customer_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    }
}

fn kind(kind: ChangeKind) -> WireKind {
    match kind {
        ChangeKind::Enrolled => WireKind::Enrolled,
        ChangeKind::Suspended => WireKind::Suspended,
        ChangeKind::Reactivated => WireKind::Reactivated,
        ChangeKind::Closed => WireKind::Closed,
        ChangeKind::CardReissued => WireKind::CardReissued,
        ChangeKind::Merged => WireKind::Merged,
        ChangeKind::TookIn => WireKind::TookIn,
        ChangeKind::Unmerged => WireKind::Unmerged,
        ChangeKind::GaveBack => WireKind::GaveBack,
    }
}

/// A membership that went into another one.
pub(crate) fn merge(merge: &Merge) -> contract::MemberMerge {
    contract::MemberMerge {
        customer_id: merge.customer_id.to_string(),
        merge_id: merge.merge_id.to_string(),
        merged_customer_id: merge.merged_customer_id.to_string(),
        reason: merge.reason.clone(),
        wallets: merge.wallets.iter().map(wallet).collect(),
        create_time: Some(timestamp(merge.merged_at)),
        undo_time: merge.undone_at.map(timestamp),
    }
}

fn wallet(wallet: &MergedWallet) -> contract::MergedWallet {
    contract::MergedWallet {
        wallet_id: wallet.wallet_id.to_string(),
        points: wallet.points.get(),
        debt: wallet.debt.get(),
    }
}
