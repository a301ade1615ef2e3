//! Crediting points whose number another system has decided on.

use ::contract::patron::r#type::v1::Money;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use jiff::Timestamp;
use uuid::Uuid;

use super::AppError;
use super::books::{Books, Need, Posted};
use super::writer::{Command, Decision};
use crate::domain::ledger::{
    Cause, EarnError, Earned, Earning, Kind, LedgerError, LotTerms, Points, WalletId, earn,
};
use crate::wire;

/// The method, as keys of requests name it.
pub(crate) const METHOD: &str = "patron.loyalty.v1.AccrualService/CreateAccrual";

/// A credit.
#[derive(Clone, Debug)]
pub(crate) struct Accrue {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// In which wallet; `None` is the program's first.
    pub(crate) wallet_id: Option<WalletId>,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
    /// When they were earned; `None` is now.
    pub(crate) earned_at: Option<Timestamp>,
    /// Who pays for them; `None` is the program.
    pub(crate) funding_partner: Option<String>,
    /// What they cost all together.
    pub(crate) cost: Option<Money>,
    /// Who asks.
    pub(crate) caller: String,
}

/// Points that were credited, with what the answer tells of them.
#[derive(Clone, Debug)]
pub(crate) struct Accrued<'a> {
    /// What was asked for.
    pub(crate) accrue: &'a Accrue,
    /// The wallet.
    pub(crate) wallet_id: WalletId,
    /// What came of it.
    pub(crate) earned: &'a Earned,
    /// When they were earned.
    pub(crate) earned_at: Timestamp,
    /// When it was recorded.
    pub(crate) created_at: Timestamp,
}

impl Command for Accrue {
    type Request = contract::CreateAccrualRequest;
    type Reply = contract::Accrual;

    fn holder_id(&self) -> Uuid {
        self.customer_id
    }

    fn need(&self) -> Need {
        Need::of(self.customer_id).in_wallet(self.wallet_id)
    }

    fn decide(&self, books: &Books) -> Result<Decision<contract::Accrual>, AppError> {
        let earned_at = self.earned_at.unwrap_or(books.now());
        if earned_at > books.now() {
            return Err(AppError::InTheFuture {
                field: "accrual.earn_time",
            });
        }
        let wallet = books.wallet(self.customer_id, self.wallet_id)?;
        let policies = books.policies(self.customer_id, wallet.wallet_id())?;
        let earning = Earning {
            points: self.points,
            terms: self.terms(earned_at),
            cause: Cause {
                reference: &self.reference,
                effective_at: earned_at,
            },
        };
        let earned = books.decide(|occasion| earn(wallet, earning, &policies, occasion))?;
        // The contract asks for one point at least.
        let nothing = LedgerError::Negative {
            amount: self.points,
        };
        let earned = earned.ok_or(EarnError::Ledger(nothing))?;
        let accrued = Accrued {
            accrue: self,
            wallet_id: wallet.wallet_id(),
            earned: &earned,
            earned_at,
            created_at: books.now(),
        };
        let (reply, event) = (wire::accrual(&accrued), wire::accrued(&accrued));
        let version = books.holder(self.customer_id)?.program.version;
        // So what it repaid of a debt is found with it.
        let posted = Posted::new(self.customer_id, earned.posting).about(earned.operation_id);
        Ok(Decision {
            reply,
            posted: vec![posted.explained(Kind::Earn, self.details(version))],
            holds: Vec::new(),
            events: vec![NewEvent::about(
                self.customer_id,
                Some(self.customer_id),
                &event,
            )],
        })
    }
}

impl Accrue {
    fn terms(&self, earned_at: Timestamp) -> LotTerms {
        LotTerms {
            active_at: Some(earned_at),
            cost_basis: self.cost.as_ref().map(|cost| cost.amount_minor),
            funding_partner: self.funding_partner.clone(),
            ..LotTerms::default()
        }
    }

    fn details(&self, program_version: i64) -> contract::OperationDetails {
        let details = contract::AccrualDetails {
            caller: self.caller.clone(),
            cost: self.cost.clone(),
        };
        contract::OperationDetails {
            program_version,
            details: Some(Details::Accrual(details)),
        }
    }
}
