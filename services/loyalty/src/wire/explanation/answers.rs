//! Explanations as they are answered.

use ::contract::time::timestamp;
use contract::operation_explanation::LotMovement;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use super::sentences;
use crate::app::explanation::{Explained, ExplainedRefusal};
use crate::domain::chain::Packed;
use crate::store::tiers::changes::ChangeRow;
use crate::wire::{statement, tiers};

/// An operation, explained.
pub(crate) fn operation(
    customer_id: Uuid,
    explained: &Explained,
) -> contract::OperationExplanation {
    let operation = &explained.operation;
    let own = operation
        .entries
        .iter()
        .filter(|entry| entry.account.is_wallets());
    contract::OperationExplanation {
        customer_id: customer_id.to_string(),
        operation_id: operation.operation_id.to_string(),
        operation: statement::operation(operation.kind).into(),
        wallet_id: operation.wallet_id.to_string(),
        reference: operation.reference.clone(),
        effective_time: Some(timestamp(operation.effective_at)),
        record_time: Some(timestamp(operation.recorded_at)),
        sentences: sentences(&explained.details),
        details: Some(explained.details.clone()),
        movements: own.map(|entry| movement(entry, explained)).collect(),
    }
}

fn movement(entry: &Packed, explained: &Explained) -> LotMovement {
    let lot = entry.lot_id.and_then(|lot_id| explained.lots.get(&lot_id));
    LotMovement {
        account: statement::account(entry.account).into(),
        amount: entry.amount.get(),
        balance_after: entry.balance_after.unwrap_or_default().get(),
        lot_id: entry.lot_id.map(|id| id.to_string()).unwrap_or_default(),
        lot_reference: lot.map(|lot| lot.reference.clone()).unwrap_or_default(),
        earn_time: lot.map(|lot| timestamp(lot.earned_at)),
        expire_time: lot.and_then(|lot| lot.terms.expires_at).map(timestamp),
    }
}

/// A refusal, explained.
pub(crate) fn refusal(
    caller: &str,
    request_id: Uuid,
    explained: ExplainedRefusal,
) -> contract::RefusalExplanation {
    let refused = explained.refused;
    contract::RefusalExplanation {
        request_id: request_id.to_string(),
        caller: caller.to_owned(),
        method: refused.method,
        request_time: Some(timestamp(refused.at)),
        reason: refused.refusal.reason().to_owned(),
        message: refused.refusal.message().to_owned(),
        metadata: refused.refusal.info().clone(),
        meaning: explained.meaning,
    }
}

/// A change of a standing, explained.
pub(crate) fn tier_change(customer_id: Uuid, change: ChangeRow) -> contract::TierChangeExplanation {
    let change = tiers::change(change);
    contract::TierChangeExplanation {
        customer_id: customer_id.to_string(),
        sentences: super::tier::sentences(&change),
        change: Some(change),
    }
}
