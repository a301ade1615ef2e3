//! The ledger follows: what something earns now less what it has is given, or taken back.

use std::sync::Arc;

use uuid::Uuid;

use super::Desk;
use super::cause::Cause;
use super::entry::{Entry, Outcome, Runs};
use crate::app::AppError;
use crate::app::books::{Need, Posted};
use crate::domain::ledger::{
    Cause as Booked, ClawBack, ClawedBack, EarnError, Earned, Earning, Kind, LotTerms, Points,
    claw_back, earn,
};
use crate::domain::program::{Program, WalletPolicy};
use crate::domain::rating::Rating;
use crate::domain::sales::{Step, steps};
use crate::wire::rating as encode;

/// What has to be done in the ledger about an entry.
struct Task {
    customer_id: Uuid,
    place: usize,
    rating: Rating,
    steps: Vec<Step>,
}

impl Desk<'_, '_> {
    pub(super) async fn settle(&mut self, runs: &mut Runs<'_>) -> Result<(), AppError> {
        let tasks = tasks(runs)?;
        let needs = self.needs(runs, &tasks);
        self.books.reach(self.loyalty, self.tx, &needs).await?;
        for task in tasks {
            let run = runs.members.get_mut(&task.customer_id);
            let Some(entry) = run.and_then(|run| run.get_mut(task.place)) else {
                continue;
            };
            for step in &task.steps {
                if step.points.is_positive() {
                    self.give(task.customer_id, entry, step, &task.rating)?;
                } else {
                    self.take_back(task.customer_id, entry, step, &task.rating)?;
                }
            }
            entry.outcome = Outcome::Rated(task.rating);
        }
        Ok(())
    }

    fn needs(&self, runs: &Runs<'_>, tasks: &[Task]) -> Vec<Need> {
        let mut needs = Vec::new();
        for task in tasks {
            let run = runs.members.get(&task.customer_id);
            let Some(entry) = run.and_then(|run| run.get(task.place)) else {
                continue;
            };
            for step in &task.steps {
                let mut need = Need::of(task.customer_id).in_wallet(Some(step.wallet_id));
                if let Some(points) = taken(step) {
                    need = need.spending(points);
                    for lot_id in entry.earnings.lots(step) {
                        need = need.lots_from(*lot_id);
                    }
                    if self.has_posted {
                        need = need.all_live_lots();
                    }
                }
                needs.push(need);
            }
        }
        needs
    }

    fn give(
        &mut self,
        customer_id: Uuid,
        entry: &mut Entry<'_>,
        step: &Step,
        rating: &Rating,
    ) -> Result<(), AppError> {
        let Ok(wallet) = self.books.wallet(customer_id, Some(step.wallet_id)) else {
            return Ok(());
        };
        let policies = self.books.policies(customer_id, step.wallet_id)?;
        let reference = entry.reference().to_owned();
        let earning = Earning {
            points: step.points,
            terms: terms(entry, step, self.books.now()),
            cause: Booked {
                reference: &reference,
                effective_at: entry.moment.at,
            },
        };
        let earned = match self.books.decide(|at| earn(wallet, earning, &policies, at)) {
            Ok(Some(earned)) => earned,
            Ok(None) | Err(EarnError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        entry
            .earnings
            .settle(step, step.points, Some(earned.lot_id));
        let event = encode::earned(customer_id, &reference, step.points, &earned);
        let details = encode::rated_operation(entry, rating, step.wallet_id);
        let Earned { posting, .. } = earned;
        self.books
            .post(Posted::new(customer_id, posting).explained(Kind::Earn, details))?;
        self.announce(customer_id, entry.trace, &event);
        Ok(())
    }

    fn take_back(
        &mut self,
        customer_id: Uuid,
        entry: &mut Entry<'_>,
        step: &Step,
        rating: &Rating,
    ) -> Result<(), AppError> {
        let points = taken(step).unwrap_or_default();
        let Ok(wallet) = self.books.wallet(customer_id, Some(step.wallet_id)) else {
            return Ok(());
        };
        let policies = self.books.policies(customer_id, step.wallet_id)?;
        let reference = entry.cause.reference(entry.reference()).to_owned();
        let own_lots = entry.earnings.lots(step).to_vec();
        let claw = ClawBack {
            points,
            own_lots: &own_lots,
            cause: Booked {
                reference: &reference,
                effective_at: match entry.cause {
                    Cause::Returned { at, .. } => at,
                    _ => self.books.now(),
                },
            },
        };
        let taken = self
            .books
            .decide(|at| claw_back(wallet, claw, &policies, at))?;
        let Some(taken) = taken else { return Ok(()) };
        let ClawedBack { not_taken, .. } = taken;
        entry.earnings.settle(step, not_taken.minus(points)?, None);
        if taken.operation_id.is_none() {
            return Ok(());
        }
        let about = (reference.as_str(), entry.reference());
        let event = encode::clawed_back(customer_id, about, points, &taken);
        let details = encode::claw_back_operation(entry, rating, (step.wallet_id, points), &taken);
        self.books
            .post(Posted::new(customer_id, taken.posting).explained(Kind::ClawBack, details))?;
        self.announce(customer_id, entry.trace, &event);
        Ok(())
    }
}

fn tasks(runs: &mut Runs<'_>) -> Result<Vec<Task>, AppError> {
    let mut tasks = Vec::new();
    for (customer_id, run) in &mut runs.members {
        for (place, entry) in run.iter_mut().enumerate() {
            let Outcome::Rated(rating) = &entry.outcome else {
                continue;
            };
            let steps = steps(&entry.earnings.holdings, rating)?;
            if !steps.is_empty() {
                tasks.push(Task {
                    customer_id: *customer_id,
                    place,
                    rating: rating.clone(),
                    steps,
                });
            }
        }
    }
    Ok(tasks)
}

/// What a step takes back.
fn taken(step: &Step) -> Option<Points> {
    step.points
        .negated()
        .ok()
        .filter(|points| points.is_positive())
}

/// The rules for points, by the version of the purchase or act that earns them.
fn terms(entry: &Entry<'_>, step: &Step, now: jiff::Timestamp) -> LotTerms {
    let Program { document, .. } = &*Arc::clone(&entry.program);
    let policy = document.wallet(step.wallet_id);
    let at = entry.moment.at;
    let expiry = policy.and_then(|policy| policy.expiry.as_ref());
    let value = policy.and_then(|policy| policy.value);
    LotTerms {
        priority: 0,
        active_at: policy.map_or(Some(at.min(now)), |policy| active_at(entry, policy, now)),
        expires_at: expiry.map(|expiry| expiry.expires_at(at, &document.zone)),
        cost_basis: value.and_then(|value| value.of(step.points.get())),
        funding_partner: step.funding_partner.clone(),
        contributor: None,
    }
}

/// When points can be used: those of a purchase some days after it, or when an act says so.
fn active_at(
    entry: &Entry<'_>,
    policy: &WalletPolicy,
    now: jiff::Timestamp,
) -> Option<jiff::Timestamp> {
    let at = entry.moment.at;
    let pending = policy.pending.as_ref().filter(|_| entry.sale.is_some());
    let Some(pending) = pending else {
        return Some(at.min(now));
    };
    let days = pending.days?;
    let zone = &entry.program.document.zone;
    let last = calendar::Span::days(days).after(zone.date_of(at));
    Some(zone.start_of(last))
}
