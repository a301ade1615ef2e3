use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::details;
use crate::app::AppError;
use crate::app::books::{Books, Need, Posted};
use crate::app::writer::{Command, Decision};
use crate::domain::ledger::{Cause, Kind, Placement, Points, WalletId, hold};
use crate::store::ledger::holds::HoldRow;
use crate::wire;

/// How long points stay reserved where neither the caller nor the program says.
const DEFAULT_TERM: SignedDuration = SignedDuration::from_mins(15);
/// The longest that they may.
const LONGEST_TERM: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Points to be reserved.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// Of which wallet; `None` is the program's first.
    pub(crate) wallet_id: Option<WalletId>,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
    /// Until when; `None` is as the program says.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Command for Place {
    type Request = contract::CreateHoldRequest;
    type Reply = contract::Hold;

    fn holder_id(&self) -> Uuid {
        self.customer_id
    }

    fn need(&self) -> Need {
        Need::of(self.customer_id)
            .in_wallet(self.wallet_id)
            .spending(self.points)
    }

    fn decide(&self, books: &Books) -> Result<Decision<contract::Hold>, AppError> {
        let wallet = books.wallet(self.customer_id, self.wallet_id)?;
        let policies = books.policies(self.customer_id, wallet.wallet_id())?;
        let placement = Placement {
            hold_id: books.new_id(),
            points: self.points,
            expires_at: self.term(books.now())?,
            cause: Cause {
                reference: &self.reference,
                effective_at: books.now(),
            },
        };
        let placed = books.decide(|occasion| hold(wallet, placement, &policies, occasion))?;
        let available_after = placed.posting.figures().balances.available;
        let row = HoldRow {
            holder_id: self.customer_id,
            customer_id: self.customer_id,
            wallet_id: wallet.wallet_id(),
            reference: self.reference.clone(),
            created_at: books.now(),
            redemption_ids: Vec::new(),
            confirmed_beyond: Points::ZERO,
            hold: placed.hold,
        };
        let reply = wire::hold(&row, Some(available_after))?;
        let event = wire::held(&row, available_after)?;
        let version = books.holder(self.customer_id)?.program.version;
        let posted = Posted::new(self.customer_id, placed.posting)
            .about(row.hold.hold_id)
            .explained(Kind::Hold, details(version, why(&row)));
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

impl Place {
    fn term(&self, now: Timestamp) -> Result<Timestamp, AppError> {
        let latest = now.saturating_add(LONGEST_TERM);
        let latest = latest.map_err(|_| AppError::HoldTerm)?;
        let wanted = self
            .expires_at
            .map_or_else(|| now.saturating_add(DEFAULT_TERM), Ok);
        let wanted = wanted.map_err(|_| AppError::HoldTerm)?;
        if wanted > latest {
            return Err(AppError::HoldTerm);
        }
        Ok(wanted)
    }
}

fn why(row: &HoldRow) -> Details {
    Details::Hold(contract::HoldDetails {
        hold_id: row.hold.hold_id.to_string(),
        expire_time: Some(::contract::time::timestamp(row.hold.expires_at)),
    })
}
