use uuid::Uuid;

use super::{Holding, Step};
use crate::domain::Points;
use crate::domain::WalletId;
use crate::domain::program::{CampaignId, ProgramId, RuleId};
use crate::domain::rating::{Award, Awarded, Rating, RatingError, Snapshot};

/// What a purchase or an act earns, as it was rated last, and what it has of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earnings {
    /// The program.
    pub program_id: ProgramId,
    /// The version that it is rated by.
    pub program_version: i64,
    /// The member as it was then.
    pub snapshot: Snapshot,
    /// Whether it depends on what came before it.
    pub looks_back: bool,
    /// What rules award.
    pub awards: Vec<EarnedBy>,
    /// What it has left in the ledger.
    pub holdings: Vec<Holding>,
}

/// What a rule awards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarnedBy {
    /// The rule.
    pub rule_id: RuleId,
    /// The campaign that it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// The point currency.
    pub wallet_id: WalletId,
    /// Points.
    pub points: Points,
    /// Shares of the purchase's lines, by place; empty for an act.
    pub lines: Vec<Points>,
}

/// Why something can't be rated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A condition has no value.
    #[error("the condition of {rule_id} has no value: {detail}")]
    Condition {
        /// The rule.
        rule_id: RuleId,
        /// What its evaluation said.
        detail: String,
    },
    /// An award does not fit.
    #[error("the award of {rule_id} can't be counted")]
    Overflow {
        /// The rule.
        rule_id: RuleId,
    },
    /// More came after it, and looks back, than is rated at once: it and what follows has its turn
    /// later.
    #[error("too much came after it to rate at once")]
    TooMuchAfter,
}

impl Earnings {
    /// Of something that was not rated yet.
    pub fn none(program_id: ProgramId, program_version: i64, snapshot: Snapshot) -> Self {
        Self {
            program_id,
            program_version,
            snapshot,
            looks_back: false,
            awards: Vec::new(),
            holdings: Vec::new(),
        }
    }

    /// What was awarded, as it is handed in when it is rated anew.
    pub fn awarded(&self) -> Vec<Awarded> {
        let awards = self.awards.iter().map(|award| Awarded {
            rule_id: award.rule_id.clone(),
            campaign_id: award.campaign_id.clone(),
            points: award.points,
        });
        awards.collect()
    }

    /// What it earns of a point currency.
    pub fn points_of(&self, wallet_id: WalletId) -> Points {
        let own = self.awards.iter().filter(|one| one.wallet_id == wallet_id);
        own.fold(Points::ZERO, |sum, one| {
            sum.plus(one.points).unwrap_or(Points::new(i64::MAX))
        })
    }

    /// The lots that it came in, of a point currency on somebody's account.
    pub fn lots(&self, step: &Step) -> &[Uuid] {
        let own = self.holdings.iter().find(|one| one.is_of(step));
        own.map_or(&[], |one| &one.lots)
    }

    /// Takes a new rating. What it has in the ledger follows.
    pub fn rate(&mut self, rating: &Rating) {
        self.awards = rating.awards.iter().map(EarnedBy::from).collect();
    }

    /// Notes what the ledger has given or, where it is below 0, taken back.
    pub fn settle(&mut self, step: &Step, points: Points, lot_id: Option<Uuid>) {
        if let Some(holding) = self.holdings.iter_mut().find(|one| one.is_of(step)) {
            // What was given fits the ledger, and what is taken back was given.
            holding.points = holding.points.plus(points).unwrap_or(holding.points);
            holding.lots.extend(lot_id);
            return;
        }
        self.holdings.push(Holding {
            wallet_id: step.wallet_id,
            funding_partner: step.funding_partner.clone(),
            points,
            lots: lot_id.into_iter().collect(),
        });
    }
}

impl From<&Award> for EarnedBy {
    fn from(award: &Award) -> Self {
        Self {
            rule_id: award.rule_id.clone(),
            campaign_id: award.campaign_id.clone(),
            wallet_id: award.wallet_id,
            points: award.points,
            lines: award.lines.clone(),
        }
    }
}

impl From<RatingError> for Fault {
    fn from(error: RatingError) -> Self {
        match error {
            RatingError::Condition { rule_id, cause } => Self::Condition {
                rule_id,
                detail: cause.to_string(),
            },
            RatingError::Overflow { rule_id } => Self::Overflow { rule_id },
        }
    }
}
