use std::collections::BTreeMap;

use uuid::Uuid;

use crate::domain::rating::Rating;
use crate::domain::{LedgerError, Points, WalletId};

/// What something has earned in one point currency on one account: the points that it has left
/// with the member, and the lots that they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The point currency.
    pub wallet_id: WalletId,
    /// Who pays for it; `None`: the program.
    pub funding_partner: Option<String>,
    /// Earned less taken back.
    pub points: Points,
    /// The lots.
    pub lots: Vec<Uuid>,
}

impl Holding {
    pub(super) fn is_of(&self, step: &Step) -> bool {
        self.wallet_id == step.wallet_id && self.funding_partner == step.funding_partner
    }
}

/// What has to happen in the ledger so that something has what it is now rated at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The point currency.
    pub wallet_id: WalletId,
    /// Who pays for it.
    pub funding_partner: Option<String>,
    /// Points to give, or to take back where it is below 0. Not 0.
    pub points: Points,
}

/// The steps from what something has to what it is rated at. What is taken back comes first: it may
/// make room for what a debt would eat.
pub fn steps(holdings: &[Holding], rating: &Rating) -> Result<Vec<Step>, LedgerError> {
    let mut missing: BTreeMap<(WalletId, Option<&str>), Points> = BTreeMap::new();
    for award in &rating.awards {
        let of = missing.entry((award.wallet_id, award.funding_partner.as_deref()));
        let of = of.or_default();
        *of = of.plus(award.points)?;
    }
    for holding in holdings {
        let of = missing.entry((holding.wallet_id, holding.funding_partner.as_deref()));
        let of = of.or_default();
        *of = of.minus(holding.points)?;
    }
    let mut steps: Vec<Step> = missing
        .into_iter()
        .filter(|(_, points)| !points.is_zero())
        .map(|((wallet_id, partner), points)| Step {
            wallet_id,
            funding_partner: partner.map(str::to_owned),
            points,
        })
        .collect();
    steps.sort_by_key(|step| step.points.is_positive());
    Ok(steps)
}
