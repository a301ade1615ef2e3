//! Points that were spent on what is given back, in proportion to the money that is paid back.

use uuid::Uuid;

use super::Desk;
use super::cause::Cause;
use super::entry::Runs;
use crate::app::AppError;
use crate::app::books::{Need, OpenRedemption, Posted};
use crate::domain::ledger::{Cause as Booked, Kind, Refund, Restoration, Restored, restore};
use crate::domain::sales::Sale;
use crate::store::ledger::operations;
use crate::wire::rating as encode;

/// A return of something that points may have been spent on.
struct Refunded {
    customer_id: Uuid,
    order_id: String,
    return_id: String,
    at: jiff::Timestamp,
    refund: Refund,
}

impl Desk<'_, '_> {
    /// Gives back what was spent on returned purchases, to the lots that it came from. Spends that
    /// belong to a purchase bear its order id as their reference.
    pub(super) async fn restore(&mut self, runs: &Runs<'_>) -> Result<(), AppError> {
        let refunded: Vec<Refunded> = runs
            .entries()
            .filter_map(|(customer_id, entry)| {
                refunded(customer_id, entry.sale.as_ref()?, &entry.cause)
            })
            .collect();
        let mut spent = Vec::new();
        for one in &refunded {
            let (customer_id, order_id) = (one.customer_id, one.order_id.as_str());
            let ids = operations::redemptions_for(&mut **self.tx, customer_id, order_id).await?;
            spent.extend(ids.into_iter().map(|redemption_id| (one, redemption_id)));
        }
        if spent.is_empty() {
            return Ok(());
        }
        let needs = spent
            .iter()
            .map(|(one, id)| Need::of(one.customer_id).redemption(*id));
        let needs: Vec<Need> = needs.collect();
        self.books.reach(self.loyalty, self.tx, &needs).await?;
        for (one, redemption_id) in spent {
            self.restore_one(one, redemption_id)?;
        }
        Ok(())
    }

    fn restore_one(&mut self, back: &Refunded, redemption_id: Uuid) -> Result<(), AppError> {
        let holder_id = back.customer_id;
        let OpenRedemption {
            wallet_id, spent, ..
        } = self.books.redemption(holder_id, redemption_id)?;
        let (wallet_id, before) = (*wallet_id, spent.clone());
        let Ok(wallet) = self.books.wallet(holder_id, Some(wallet_id)) else {
            return Ok(());
        };
        let policies = self.books.policies(holder_id, wallet_id)?;
        let restoration = Restoration {
            spent: &before,
            refund: back.refund,
            cause: Booked {
                reference: &back.return_id,
                effective_at: back.at,
            },
        };
        let restored = self
            .books
            .decide(|occasion| restore(wallet, restoration, &policies, occasion))?;
        let Some(restored) = restored else {
            return Ok(());
        };
        let version = self.books.holder(holder_id)?.program.version;
        let redeemed = (redemption_id, &before);
        let details = encode::restore_operation(version, redeemed, back.refund, &restored);
        let event = encode::restored(holder_id, redemption_id, &back.return_id, &restored);
        let Restored { posting, spent, .. } = restored;
        self.books.keep_restored(holder_id, redemption_id, spent)?;
        let posted = Posted::new(holder_id, posting)
            .about(redemption_id)
            .explained(Kind::Restore, details);
        self.books.post(posted)?;
        self.announce(holder_id, "", &event);
        Ok(())
    }
}

fn refunded(customer_id: Uuid, sale: &Sale, cause: &Cause) -> Option<Refunded> {
    let (return_id, at, (refunded, paid)) = match cause {
        Cause::Returned {
            return_id,
            at,
            refund,
        } => (return_id.clone(), *at, *refund),
        // A purchase of which something was given back before it became known.
        Cause::New => {
            let refund = sale.refund();
            (refund.0 > 0).then(|| (sale.order_id.clone(), sale.ordered_at, refund))?
        }
        Cause::Retried | Cause::Other { .. } => return None,
    };
    (paid > 0).then(|| Refunded {
        customer_id,
        order_id: sale.order_id.clone(),
        return_id,
        at,
        refund: Refund { refunded, paid },
    })
}
