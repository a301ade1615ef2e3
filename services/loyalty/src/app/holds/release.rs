use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::release_details::Cause as Why;
use events::NewEvent;
use uuid::Uuid;

use super::details;
use crate::app::AppError;
use crate::app::books::{Books, Need, Posted};
use crate::app::writer::{Command, Decision};
use crate::domain::ledger::{Cause, Kind, release};
use crate::store::ledger::holds::HoldRow;
use crate::wire;

/// Held points to be given back.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// The hold.
    pub(crate) hold_id: Uuid,
}

impl Command for Release {
    type Request = contract::ReleaseHoldRequest;
    type Reply = contract::Hold;

    fn holder_id(&self) -> Uuid {
        self.customer_id
    }

    fn need(&self) -> Need {
        Need::of(self.customer_id).hold(self.hold_id)
    }

    fn decide(&self, books: &Books) -> Result<Decision<contract::Hold>, AppError> {
        let row = books.hold(self.customer_id, self.hold_id)?;
        let wallet = books.wallet(self.customer_id, Some(row.wallet_id))?;
        let policies = books.policies(self.customer_id, row.wallet_id)?;
        let cause = Cause {
            reference: &row.reference,
            effective_at: books.now(),
        };
        let hold = &row.hold;
        let released =
            books.decide(|occasion| release(wallet, hold, cause, &policies, occasion))?;
        let why = contract::ReleaseDetails {
            hold_id: self.hold_id.to_string(),
            cause: Why::Released.into(),
            expired: released.lapsed.get(),
            mercy_days: 0,
        };
        let row = HoldRow {
            hold: released.hold,
            ..row.clone()
        };
        let available_after = released.posting.figures().balances.available;
        let reply = wire::hold(&row, Some(available_after))?;
        let event = wire::released(&row, (released.points, released.lapsed), available_after);
        let version = books.holder(self.customer_id)?.program.version;
        let posted = Posted::new(self.customer_id, released.posting)
            .about(self.hold_id)
            .explained(
                Kind::Release,
                details(version, Details::Release(why.clone())),
            )
            .explained(Kind::Expire, details(version, Details::Release(why)));
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
