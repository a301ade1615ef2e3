//! Simulations.

use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;
use contract::simulate_rating_request::Subject;
use contract::simulation_result as result;
use jiff::Timestamp;
use prost::{DecodeError, Message as _};
use tonic::Code;
use uuid::Uuid;

use super::liability::{status, worth};
use super::{invalid, money};
use crate::domain::happened::Act;
use crate::domain::program::{Document, PointValue};
use crate::domain::rating::{Basket, Done, Line, RatingError};
use crate::domain::simulation::{
    Affected, Compared, Outcome, Past, RuleKey, RuleSums, TierKey, TierMove, Unrated, WalletSums,
    What,
};
use crate::domain::{LedgerError, Points, WalletId};
use crate::store::runs::Run;

/// Rules that are told, those with the most points first.
const TOLD_RULES: usize = 500;

/// A simulation as it stands.
pub(crate) fn simulation(run: Run) -> Result<contract::Simulation, DecodeError> {
    let simulation = contract::Simulation::decode(run.request.as_slice())?;
    let result = run
        .result
        .as_deref()
        .map(contract::SimulationResult::decode);
    Ok(contract::Simulation {
        simulation_id: run.run_id.to_string(),
        result: result.transpose()?,
        status: Some(status(run)),
        ..simulation
    })
}

/// The same for a list: without document and result.
pub(crate) fn in_brief(run: Run) -> Result<contract::Simulation, DecodeError> {
    let whole = simulation(run)?;
    let candidate = whole.candidate.filter(|candidate| {
        matches!(
            candidate.candidate,
            Some(contract::candidate::Candidate::Version(_))
        )
    });
    Ok(contract::Simulation {
        candidate,
        result: None,
        ..whole
    })
}

/// What was looked at, besides what the comparison counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Purchases.
    pub(crate) sales: i64,
    /// Acts.
    pub(crate) acts: i64,
    /// Deeds that the program can't rate.
    pub(crate) failures: i64,
    /// Why: the first ones.
    pub(crate) told_failures: Vec<String>,
}

impl Seen {
    /// Counts what a member did from an instant on.
    pub(crate) fn add(&mut self, past: &Past, start: Option<Timestamp>) {
        let deeds = past.deeds.iter();
        for deed in deeds.filter(|deed| start.is_none_or(|start| deed.at() >= start)) {
            match deed.what {
                What::Bought(..) => self.sales += 1,
                What::Did(_) => self.acts += 1,
            }
        }
    }

    /// Counts what could not be rated; the first ones are told.
    pub(crate) fn add_failures(&mut self, unrated: &[Unrated], most: usize) {
        for unrated in unrated {
            self.failures += 1;
            if self.told_failures.len() < most {
                self.told_failures.push(unrated.to_string());
            }
        }
    }
}

/// What came of a simulation.
pub(crate) fn outcome(
    outcome: Outcome,
    seen: Seen,
    (simulated, actual): (&Document, &Document),
) -> Result<contract::SimulationResult, LedgerError> {
    let wallets = outcome.wallets.iter();
    let wallets = wallets.map(|(wallet_id, sums)| {
        let values = (value(simulated, *wallet_id), value(actual, *wallet_id));
        wallet(*wallet_id, sums, values)
    });
    let mut rules: Vec<_> = outcome.rules.iter().map(rule).collect();
    rules.sort_by_key(|rule| {
        let points = rule.points.unwrap_or_default();
        std::cmp::Reverse(points.simulated.max(points.actual))
    });
    rules.truncate(TOLD_RULES);
    Ok(contract::SimulationResult {
        member_count: outcome.members,
        sale_count: seen.sales,
        act_count: seen.acts,
        wallets: wallets.collect::<Result<_, _>>()?,
        rules,
        tiers: outcome.tiers.iter().map(tier).collect(),
        affected_count: outcome.affected,
        affected: outcome.sample.iter().map(affected).collect(),
        failure_count: seen.failures,
        failures: seen.told_failures,
    })
}

fn value(document: &Document, wallet_id: WalletId) -> Option<PointValue> {
    document.wallet(wallet_id).and_then(|wallet| wallet.value)
}

fn wallet(
    wallet_id: WalletId,
    sums: &WalletSums,
    (simulated, actual): (Option<PointValue>, Option<PointValue>),
) -> Result<result::WalletComparison, LedgerError> {
    let outstanding = sums.outstanding;
    let liability = result::Compared {
        simulated: worth(Points::new(outstanding.simulated), simulated)?,
        actual: worth(Points::new(outstanding.actual), actual)?,
    };
    Ok(result::WalletComparison {
        wallet_id: wallet_id.to_string(),
        issued: Some(compared(sums.issued)),
        clawed_back: Some(compared(sums.clawed_back)),
        expired: Some(compared(sums.expired)),
        outstanding: Some(compared(outstanding)),
        liability_minor: Some(liability),
    })
}

fn rule((key, sums): (&RuleKey, &RuleSums)) -> result::RuleComparison {
    let campaign = key.campaign_id.as_ref();
    result::RuleComparison {
        rule_id: key.rule_id.to_string(),
        campaign_id: campaign.map(ToString::to_string).unwrap_or_default(),
        wallet_id: key.wallet_id.to_string(),
        points: Some(compared(sums.points)),
        times: Some(compared(sums.times)),
    }
}

fn tier(((ladder_id, tier_id), members): (&TierKey, &Compared)) -> result::TierComparison {
    result::TierComparison {
        ladder_id: ladder_id.to_string(),
        tier_id: tier_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        members: Some(compared(*members)),
    }
}

fn affected(affected: &Affected) -> result::AffectedMember {
    result::AffectedMember {
        customer_id: affected.customer_id.to_string(),
        points: Some(compared(affected.points)),
        tiers: affected.tiers.iter().map(tier_move).collect(),
    }
}

fn tier_move(moved: &TierMove) -> result::TierMove {
    let name = |tier: &Option<_>| tier.as_ref().map(ToString::to_string).unwrap_or_default();
    result::TierMove {
        ladder_id: moved.ladder_id.to_string(),
        simulated_tier_id: name(&moved.simulated),
        actual_tier_id: name(&moved.actual),
    }
}

fn compared(pair: Compared) -> result::Compared {
    result::Compared {
        simulated: pair.simulated,
        actual: pair.actual,
    }
}

/// What a request asks to rate.
pub(crate) fn done(
    request: &contract::SimulateRatingRequest,
    at: Timestamp,
) -> Result<Done, Refusal> {
    match &request.subject {
        Some(Subject::Basket(asked)) => Ok(Done::Basket(basket(request, asked, at)?)),
        Some(Subject::Act(act)) => Ok(Done::act(Act {
            customer_id: Uuid::nil(),
            activity_id: String::new(),
            activity_type: act.activity_type.clone(),
            occurred_at: at,
            channel: request.channel.clone(),
            attributes: act.attributes.clone(),
        })),
        None => Err(invalid("basket", "a basket or an act must be there")),
    }
}

fn basket(
    request: &contract::SimulateRatingRequest,
    asked: &contract::simulate_rating_request::Basket,
    at: Timestamp,
) -> Result<Basket, Refusal> {
    let mut currency = None;
    let mut lines = Vec::with_capacity(asked.lines.len());
    for (place, line) in asked.lines.iter().enumerate() {
        let field = format!("basket.lines[{place}].amount");
        let paid = money(&line.amount.clone().unwrap_or_default(), &field)?;
        if *currency.get_or_insert(paid.currency) != paid.currency {
            return Err(invalid(&field, "must be in the currency of the first line"));
        }
        lines.push(Line {
            line_id: (place + 1).to_string(),
            product_id: line.product_id.clone(),
            category: line.category.clone(),
            quantity: line.quantity.max(1),
            kept_minor: paid.minor,
        });
    }
    Ok(Basket {
        customer_id: Uuid::nil(),
        order_id: String::new(),
        channel: request.channel.clone(),
        store: request.store.clone(),
        ordered_at: at,
        currency: currency.ok_or_else(|| invalid("basket.lines", "must not be empty"))?,
        lines,
    })
}

/// That a program can't rate something.
pub(crate) fn unrated(error: &RatingError) -> Refusal {
    let (RatingError::Condition { rule_id, .. } | RatingError::Overflow { rule_id }) = error;
    let reason = contract::ErrorReason::NotRatable;
    Refusal::new(Code::FailedPrecondition, reason, error.to_string())
        .metadata("rule_id", rule_id.to_string())
}
