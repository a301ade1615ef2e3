use std::collections::BTreeMap;

use jiff::Timestamp;

use super::affected::Sample;
use super::{Affected, Compared, Earned, Member, Side, Which};
use crate::domain::program::{CampaignId, LadderId, RuleId, TierId};
use crate::domain::{LedgerError, Points, WalletId};

/// Points of one point currency. What members spent counts in neither column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletSums {
    /// Points that purchases and acts earned.
    pub issued: Compared,
    /// Of these, what returns took back.
    pub clawed_back: Compared,
    /// Of the rest, what has lapsed by the end.
    pub expired: Compared,
    /// What is left.
    pub outstanding: Compared,
}

/// A rule, and the point currency that it awards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleKey {
    /// The rule.
    pub rule_id: RuleId,
    /// The campaign that it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// The point currency.
    pub wallet_id: WalletId,
}

/// What a rule awarded and returns left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSums {
    /// Points.
    pub points: Compared,
    /// Purchases and acts that it awarded something for.
    pub times: Compared,
}

/// A tier of a ladder; `None`: on none.
pub type TierKey = (LadderId, Option<TierId>);

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Members that were compared.
    pub members: i64,
    /// By point currency.
    pub wallets: BTreeMap<WalletId, WalletSums>,
    /// By rule.
    pub rules: BTreeMap<RuleKey, RuleSums>,
    /// How many members stand on each tier.
    pub tiers: BTreeMap<TierKey, Compared>,
    /// Members whom it would make a difference to.
    pub affected: i64,
    /// Those to whom the most, the most affected first.
    pub sample: Vec<Affected>,
}

/// Compares one member after the other.
#[derive(Clone, Debug)]
pub struct Comparison {
    main: WalletId,
    end: Timestamp,
    members: i64,
    wallets: BTreeMap<WalletId, WalletSums>,
    rules: BTreeMap<RuleKey, RuleSums>,
    tiers: BTreeMap<TierKey, Compared>,
    sample: Sample,
}

impl Comparison {
    /// Compares what is there at `end`; of those affected, so many are told one by one, by their
    /// points in the main point currency.
    pub fn new(main: WalletId, end: Timestamp, sample: usize) -> Self {
        Self {
            main,
            end,
            members: 0,
            wallets: BTreeMap::new(),
            rules: BTreeMap::new(),
            tiers: BTreeMap::new(),
            sample: Sample::of(sample),
        }
    }

    /// Takes a member in.
    pub fn add(&mut self, member: &Member) -> Result<(), LedgerError> {
        self.members += 1;
        self.add_side(Which::Simulated, &member.simulated)?;
        self.add_side(Which::Actual, &member.actual)?;
        self.sample.add(member, self.main)
    }

    /// What it came to.
    pub fn close(self) -> Outcome {
        Outcome {
            members: self.members,
            wallets: self.wallets,
            rules: self.rules,
            tiers: self.tiers,
            affected: self.sample.count,
            sample: self.sample.into_members(),
        }
    }

    fn add_side(&mut self, which: Which, side: &Side) -> Result<(), LedgerError> {
        for earned in &side.earned {
            self.add_earned(which, earned)?;
        }
        for (ladder_id, tier_id) in &side.tiers {
            let key = (ladder_id.clone(), tier_id.clone());
            self.tiers.entry(key).or_default().count(which)?;
        }
        Ok(())
    }

    fn add_earned(&mut self, which: Which, earned: &Earned) -> Result<(), LedgerError> {
        let sums = self.wallets.entry(earned.wallet_id).or_default();
        sums.issued.add(which, earned.issued)?;
        sums.clawed_back
            .add(which, earned.issued.minus(earned.kept)?)?;
        let has_lapsed = earned.expires_at.is_some_and(|end| end <= self.end);
        let rest = if has_lapsed {
            &mut sums.expired
        } else {
            &mut sums.outstanding
        };
        rest.add(which, earned.kept)?;
        for awarded in earned
            .rules
            .iter()
            .filter(|rule| rule.points != Points::ZERO)
        {
            let key = RuleKey {
                rule_id: awarded.rule_id.clone(),
                campaign_id: awarded.campaign_id.clone(),
                wallet_id: earned.wallet_id,
            };
            let sums = self.rules.entry(key).or_default();
            sums.points.add(which, awarded.points)?;
            sums.times.count(which)?;
        }
        Ok(())
    }
}
