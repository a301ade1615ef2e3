use crate::domain::Points;
use crate::domain::program::{EarningRule, Program, RuleId, WalletId};

use super::award::{Award, Limited, Rating, WhichLimit, WhyNot};
use super::select::{Candidate, Judge, candidates};
use super::worth::{Exact, exact};
use super::{Budgets, RatingError, Subject, Usage, caps, shares, stacking};

/// What is rated, and all that decides about it besides the program.
pub struct Situation<'a, J> {
    /// What is rated.
    pub subject: Subject<'a>,
    /// Answers the conditions.
    pub judge: &'a J,
    /// What the rules have awarded the member before.
    pub usage: &'a Usage,
}

/// A rule whose award is known but for its group and its budget.
struct Weighed<'p> {
    candidate: Candidate<'p>,
    exact: Exact,
    rounded: Points,
    capped: Points,
    limits: Vec<Limited>,
}

/// Rates a basket or an act by one version of a program, and takes from the budgets what it awards.
///
/// # Errors
/// A condition that has no value, or an award that does not fit. Nothing is awarded then, and the
/// budgets are as they were.
pub fn rate<J: Judge>(
    program: &Program,
    situation: &Situation<'_, J>,
    budgets: &mut Budgets,
) -> Result<Rating, RatingError> {
    let mut rating = Rating::default();
    if matches!(situation.subject, Subject::Basket(basket) if basket.is_empty()) {
        return Ok(rating);
    }
    let mut left = budgets.clone();
    for multiplying in [false, true] {
        apply(program, situation, multiplying, &mut left, &mut rating)?;
    }
    *budgets = left;
    Ok(rating)
}

/// Applies the basic rules, or those that multiply what the basic ones have awarded.
fn apply<J: Judge>(
    program: &Program,
    situation: &Situation<'_, J>,
    multiplying: bool,
    budgets: &mut Budgets,
    rating: &mut Rating,
) -> Result<(), RatingError> {
    let mut weighed = Vec::new();
    for candidate in candidates(program, &situation.subject, multiplying) {
        match weigh(program, situation, candidate, rating)? {
            Ok(worth) => weighed.push(worth),
            Err(why) => rating.skip(&candidate.rule.rule_id, why),
        }
    }
    let worths = weighed
        .iter()
        .map(|one| (one.candidate.rule, one.attainable(budgets)));
    let chosen = stacking::chosen(worths);
    for one in weighed {
        let rule = one.candidate.rule;
        let group = rule.stacking.as_ref().map(|group| group.name.as_str());
        let applies = group.and_then(|group| chosen.get(group).copied());
        match applies.filter(|applies| **applies != rule.rule_id) {
            Some(by) => rating.skip(&rule.rule_id, WhyNot::Excluded { by: by.clone() }),
            None => grant(one, situation, budgets, rating),
        }
    }
    Ok(())
}

/// What a rule would award by itself.
fn weigh<'p, J: Judge>(
    program: &Program,
    situation: &Situation<'_, J>,
    candidate: Candidate<'p>,
    rating: &Rating,
) -> Result<Result<Weighed<'p>, WhyNot>, RatingError> {
    let Situation {
        subject,
        judge,
        usage,
    } = situation;
    let lines = match candidate.applies(program, subject, *judge, usage)? {
        Ok(lines) => lines,
        Err(why) => return Ok(Err(why)),
    };
    let rule = candidate.rule;
    let overflow = || RatingError::Overflow {
        rule_id: rule.rule_id.clone(),
    };
    let base = awarded_by_line(rating, rule.wallet_id, subject);
    let exact = exact(&rule.award, subject, &lines, &base).ok_or_else(overflow)?;
    let wallets = &program.document;
    let policy = wallets
        .wallet(rule.wallet_id)
        .unwrap_or(&wallets.main_wallet);
    let rounded = exact.round(policy.rounding, policy.rounding_scope);
    let rounded = rounded.ok_or_else(overflow)?;
    if rounded <= Points::ZERO {
        return Ok(Err(WhyNot::WorthNothing));
    }
    let moment = (&wallets.zone, subject.at());
    let (capped, limits) = caps::left(rule, rounded, moment, usage);
    if capped <= Points::ZERO {
        return Ok(Err(WhyNot::Capped { limits }));
    }
    Ok(Ok(Weighed {
        candidate,
        exact,
        rounded,
        capped,
        limits,
    }))
}

impl Weighed<'_> {
    /// What the rule would award if it alone took from its budget: a rule whose budget is spent
    /// must not keep others of its group from awarding.
    fn attainable(&self, budgets: &Budgets) -> Points {
        let left = self
            .candidate
            .campaign
            .and_then(|campaign| budgets.left(campaign));
        left.map_or(self.capped, |left| left.min(self.capped))
    }
}

/// Takes the award out of the budget, and shares it out.
fn grant<J>(
    weighed: Weighed<'_>,
    situation: &Situation<'_, J>,
    budgets: &mut Budgets,
    rating: &mut Rating,
) {
    let Weighed {
        candidate: Candidate { rule, campaign },
        exact,
        rounded,
        capped,
        mut limits,
    } = weighed;
    let left = campaign.and_then(|campaign| budgets.left(campaign).zip(campaign.budget));
    let points = campaign.map_or(capped, |campaign| budgets.take(campaign, capped));
    if let Some((left, budget)) = left.filter(|_| points < capped) {
        if points.is_zero() {
            rating.skip(&rule.rule_id, WhyNot::BudgetSpent { budget });
            return;
        }
        limits.push(Limited {
            which: WhichLimit::Budget,
            limit: budget.get(),
            used_before: budget.minus(left).unwrap_or_default().get(),
        });
    }
    let lines = match situation.subject {
        Subject::Basket(_) => shares(points.get(), &exact.weights),
        Subject::Act { .. } => Vec::new(),
    };
    rating.awards.push(Award {
        rule_id: rule.rule_id.clone(),
        campaign_id: campaign.map(|campaign| campaign.campaign_id.clone()),
        wallet_id: rule.wallet_id,
        funding_partner: rule.funding_partner.clone(),
        exact: exact.fraction,
        rounded,
        points,
        limits,
        lines: lines.into_iter().map(Points::new).collect(),
    });
}

/// What has been awarded in a wallet so far, by line of the basket; for an act in one sum.
fn awarded_by_line(rating: &Rating, wallet_id: WalletId, subject: &Subject<'_>) -> Vec<Points> {
    let awards = rating
        .awards
        .iter()
        .filter(|award| award.wallet_id == wallet_id);
    let Subject::Basket(basket) = subject else {
        return vec![awards.map(|award| award.points).fold(Points::ZERO, added)];
    };
    let mut lines = vec![Points::ZERO; basket.lines.len()];
    for award in awards {
        for (line, share) in lines.iter_mut().zip(&award.lines) {
            *line = added(*line, *share);
        }
    }
    lines
}

/// A sum that does not fit makes the award of whoever builds on it too large, which is refused.
fn added(one: Points, other: Points) -> Points {
    one.plus(other).unwrap_or(Points::new(i64::MAX))
}

impl Usage {
    /// Counts what was awarded by rules that look back at it, for what is rated next.
    pub fn count(&mut self, program: &Program, subject: &Subject<'_>, rating: &Rating) {
        for award in &rating.awards {
            if looks_back(program, &award.rule_id) {
                self.awarded(award.rule_id.clone(), subject.at(), award.points);
            }
        }
    }
}

/// Whether a rule of a program, if it has one of this id, looks at what it has awarded before.
pub fn looks_back(program: &Program, rule_id: &RuleId) -> bool {
    rule(program, rule_id).is_some_and(EarningRule::looks_back)
}

impl EarningRule {
    /// Whether it looks at what it has awarded before, for its caps or its cool-down.
    pub fn looks_back(&self) -> bool {
        !self.caps.is_empty() || self.cooldown_seconds > 0
    }
}

pub(super) fn rule<'p>(program: &'p Program, rule_id: &RuleId) -> Option<&'p EarningRule> {
    let document = &program.document;
    let campaigns = document.campaigns.iter();
    let of_campaigns = campaigns.flat_map(|campaign| &campaign.rules);
    let mut rules = document.earning_rules.iter().chain(of_campaigns);
    rules.find(|rule| rule.rule_id == *rule_id)
}
