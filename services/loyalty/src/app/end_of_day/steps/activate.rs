use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::books::{Books, Posted};
use crate::domain::ledger::{Activation, Cause, Kind, Wallet, WalletId, Which, activate as decide};
use crate::wire;

/// Makes pending points usable whose time has come, in all wallets of a holder.
pub(in crate::app::end_of_day) fn activate(
    books: &mut Books,
    holder_id: Uuid,
    reference: &str,
) -> Result<(), AppError> {
    let holder = books.holder(holder_id)?;
    let version = holder.program.version;
    let wallet_ids: Vec<WalletId> = holder.wallets().map(Wallet::wallet_id).collect();
    for wallet_id in wallet_ids {
        let wallet = books.wallet(holder_id, Some(wallet_id))?;
        let activation = Activation {
            which: Which::Due,
            cause: Cause {
                reference,
                effective_at: books.now(),
            },
        };
        let Some(activated) = books.decide(|occasion| decide(wallet, activation, occasion))? else {
            continue;
        };
        let event = wire::end_of_day::activated(holder_id, &activated);
        let details = contract::OperationDetails {
            program_version: version,
            details: Some(Details::Activation(contract::ActivationDetails::default())),
        };
        let posted = Posted::new(holder_id, activated.posting);
        books.post(posted.explained(Kind::Activate, details))?;
        books.announce(NewEvent::about(holder_id, Some(holder_id), &event));
    }
    Ok(())
}
