use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::release_details::Cause as Why;
use events::NewEvent;
use uuid::Uuid;

use super::details;
use crate::app::AppError;
use crate::app::books::{Books, Need, Posted};
use crate::app::redeem::Spent;
use crate::app::writer::{Command, Decision};
use crate::domain::ledger::{Cause, Confirmation, Confirmed, Kind, Points, confirm};
use crate::store::ledger::holds::HoldRow;
use crate::wire;

/// Held points to be spent.
#[derive(Clone, Debug)]
pub(crate) struct Confirm {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// The hold.
    pub(crate) hold_id: Uuid,
    /// How many; `None` is all that is still held.
    pub(crate) points: Option<Points>,
    /// Whether the rest goes back.
    pub(crate) is_final: bool,
    /// The reward that they buy; empty: none.
    pub(crate) reward_id: String,
}

impl Command for Confirm {
    type Request = contract::ConfirmHoldRequest;
    type Reply = contract::Hold;

    fn holder_id(&self) -> Uuid {
        self.customer_id
    }

    fn need(&self) -> Need {
        // What goes beyond the hold comes out of what is available.
        Need::of(self.customer_id)
            .hold(self.hold_id)
            .spending(self.points.unwrap_or_default())
    }

    fn decide(&self, books: &Books) -> Result<Decision<contract::Hold>, AppError> {
        let row = books.hold(self.customer_id, self.hold_id)?;
        let wallet = books.wallet(self.customer_id, Some(row.wallet_id))?;
        let policies = books.policies(self.customer_id, row.wallet_id)?;
        let points = self.points.map_or_else(|| row.hold.open(), Ok)?;
        let confirmation = Confirmation {
            points,
            is_final: self.is_final,
            cause: Cause {
                reference: &row.reference,
                effective_at: books.now(),
            },
        };
        let hold = &row.hold;
        let confirmed =
            books.decide(|occasion| confirm(wallet, hold, confirmation, &policies, occasion))?;
        let row = after(row, &confirmed)?;
        let spent = spent(&row, points, &confirmed, books);
        let reply = wire::hold(&row, Some(spent.available_after))?;
        let event = wire::redeemed(&spent);
        let version = books.holder(self.customer_id)?.program.version;
        let posted = self.explain(version, confirmed);
        Ok(Decision {
            reply,
            posted: vec![posted],
            holds: vec![row],
            events: vec![NewEvent::about(
                self.customer_id,
                Some(self.customer_id),
                &event,
            )],
        })
    }
}

impl Confirm {
    fn explain(&self, version: i64, confirmed: Confirmed) -> Posted {
        let hold_id = self.hold_id.to_string();
        let redemption = contract::RedemptionDetails {
            hold_id: hold_id.clone(),
            beyond_hold: confirmed.beyond_hold.get(),
            reward_id: self.reward_id.clone(),
            available_after: confirmed.posting.figures().balances.available.get(),
            ..contract::RedemptionDetails::default()
        };
        let remainder = contract::ReleaseDetails {
            hold_id,
            cause: Why::Remainder.into(),
            expired: confirmed.lapsed.get(),
            mercy_days: 0,
        };
        Posted::new(self.customer_id, confirmed.posting)
            .about(self.hold_id)
            .explained(
                Kind::Redeem,
                details(version, Details::Redemption(redemption)),
            )
            .explained(
                Kind::Release,
                details(version, Details::Release(remainder.clone())),
            )
            .explained(Kind::Expire, details(version, Details::Release(remainder)))
    }
}

fn after(row: &HoldRow, confirmed: &Confirmed) -> Result<HoldRow, AppError> {
    let mut row = HoldRow {
        hold: confirmed.hold.clone(),
        ..row.clone()
    };
    row.redemption_ids.push(confirmed.operation_id);
    row.confirmed_beyond = row.confirmed_beyond.plus(confirmed.beyond_hold)?;
    Ok(row)
}

fn spent(row: &HoldRow, points: Points, confirmed: &Confirmed, books: &Books) -> Spent {
    Spent {
        redemption_id: confirmed.operation_id,
        customer_id: row.customer_id,
        wallet_id: row.wallet_id,
        points,
        reference: row.reference.clone(),
        created_at: books.now(),
        lots: confirmed.lots.clone(),
        available_after: confirmed.posting.figures().balances.available,
        restored: Points::ZERO,
        hold_id: Some(row.hold.hold_id),
    }
}
