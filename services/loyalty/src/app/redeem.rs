//! Spending points.

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use jiff::Timestamp;
use uuid::Uuid;

use super::AppError;
use super::books::{Books, Need, Posted};
use super::writer::{Command, Decision};
use crate::domain::ledger::{Cause, Kind, LotShare, Points, Redemption, WalletId, redeem};
use crate::wire;

/// The method, as keys of requests name it.
pub(crate) const METHOD: &str = "patron.loyalty.v1.MemberService/CreateRedemption";

/// Points to be spent.
#[derive(Clone, Debug)]
pub(crate) struct Redeem {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// Of which wallet; `None` is the program's first.
    pub(crate) wallet_id: Option<WalletId>,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
    /// The reward that they buy; empty: none.
    pub(crate) reward_id: String,
}

/// Points that were spent. The operation is the redemption.
#[derive(Clone, Debug)]
pub(crate) struct Spent {
    /// The redemption.
    pub(crate) redemption_id: Uuid,
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// Of which wallet.
    pub(crate) wallet_id: WalletId,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// What each lot gave.
    pub(crate) lots: Vec<LotShare>,
    /// Available points after it.
    pub(crate) available_after: Points,
    /// Of the points, what was given back since.
    pub(crate) restored: Points,
    /// The hold that it confirms.
    pub(crate) hold_id: Option<Uuid>,
}

impl Command for Redeem {
    type Request = contract::CreateRedemptionRequest;
    type Reply = contract::Redemption;

    fn holder_id(&self) -> Uuid {
        self.customer_id
    }

    fn need(&self) -> Need {
        Need::of(self.customer_id)
            .in_wallet(self.wallet_id)
            .spending(self.points)
    }

    fn decide(&self, books: &Books) -> Result<Decision<contract::Redemption>, AppError> {
        let wallet = books.wallet(self.customer_id, self.wallet_id)?;
        let policies = books.policies(self.customer_id, wallet.wallet_id())?;
        let redemption = Redemption {
            points: self.points,
            cause: Cause {
                reference: &self.reference,
                effective_at: books.now(),
            },
        };
        let redeemed = books.decide(|occasion| redeem(wallet, redemption, &policies, occasion))?;
        let spent = Spent {
            redemption_id: redeemed.operation_id,
            customer_id: self.customer_id,
            wallet_id: wallet.wallet_id(),
            points: self.points,
            reference: self.reference.clone(),
            created_at: books.now(),
            lots: redeemed.lots,
            available_after: redeemed.posting.figures().balances.available,
            restored: Points::ZERO,
            hold_id: None,
        };
        let event = wire::redeemed(&spent);
        let version = books.holder(self.customer_id)?.program.version;
        let posted = Posted::new(self.customer_id, redeemed.posting);
        Ok(Decision {
            posted: vec![posted.explained(Kind::Redeem, self.details(version))],
            holds: Vec::new(),
            events: vec![NewEvent::about(
                self.customer_id,
                Some(self.customer_id),
                &event,
            )],
            reply: wire::redemption(spent),
        })
    }
}

impl Redeem {
    /// The redemption's id is that of its operation, and its lots are the entries'.
    fn details(&self, program_version: i64) -> contract::OperationDetails {
        let redemption = contract::RedemptionDetails {
            reward_id: self.reward_id.clone(),
            ..contract::RedemptionDetails::default()
        };
        contract::OperationDetails {
            program_version,
            details: Some(Details::Redemption(redemption)),
        }
    }
}
