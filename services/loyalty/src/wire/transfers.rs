use ::contract::time::timestamp;
use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;

use super::{id, wallet_id};
use crate::app::transfers::Sending;
use crate::domain::ledger::Points;
use crate::store::transfers::Sent;

/// What a request wants to send.
pub(crate) fn sending(request: &contract::CreateTransferRequest) -> Result<Sending, Refusal> {
    // The contract requires the transfer; without it the ids below are missed.
    let transfer = request.transfer.clone().unwrap_or_default();
    let recipient = "transfer.recipient_customer_id";
    Ok(Sending {
        customer_id: id(&transfer.customer_id, "transfer.customer_id")?,
        recipient_id: id(&transfer.recipient_customer_id, recipient)?,
        wallet_id: wallet_id(&transfer.wallet_id, "transfer.wallet_id")?,
        points: Points::new(transfer.points),
        reference: transfer.reference,
    })
}

/// Points that were sent. The balance is known to whoever has sent them.
pub(crate) fn transfer(sent: &Sent, available_after: Option<Points>) -> contract::Transfer {
    contract::Transfer {
        transfer_id: sent.transfer_id.to_string(),
        customer_id: sent.customer_id.to_string(),
        recipient_customer_id: sent.recipient_id.to_string(),
        wallet_id: sent.wallet_id.to_string(),
        points: sent.points.get(),
        reference: sent.reference.clone(),
        create_time: Some(timestamp(sent.created_at)),
        available_after: available_after.unwrap_or_default().get(),
    }
}

/// Points have been sent.
pub(crate) fn sent(sent: &Sent, available_after: Points) -> contract::PointsSent {
    contract::PointsSent {
        customer_id: sent.customer_id.to_string(),
        transfer_id: sent.transfer_id.to_string(),
        recipient_customer_id: sent.recipient_id.to_string(),
        wallet_id: sent.wallet_id.to_string(),
        amount: sent.points.get(),
        available_after: available_after.get(),
    }
}

/// Points have been received.
pub(crate) fn received(
    sent: &Sent,
    debt_repaid: Points,
    available_after: Points,
) -> contract::PointsReceived {
    contract::PointsReceived {
        customer_id: sent.recipient_id.to_string(),
        transfer_id: sent.transfer_id.to_string(),
        sender_customer_id: sent.customer_id.to_string(),
        wallet_id: sent.wallet_id.to_string(),
        amount: sent.points.get(),
        debt_repaid: debt_repaid.get(),
        available_after: available_after.get(),
    }
}
