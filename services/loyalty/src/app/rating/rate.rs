//! Rating runs: what has to be known of the past is read for all of them together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::Desk;
use super::entry::{Entry, Outcome, Runs};
use crate::app::AppError;
use crate::domain::program::ProgramId;
use crate::domain::rating::{Budgets, Deed, Demands, Moment, Orders, Usage, rate_all};
use crate::store::rating::budgets::{self, Campaign};
use crate::store::rating::past::{self, Asked};

impl Desk<'_, '_> {
    pub(super) async fn rate(&mut self, runs: &mut Runs<'_>) -> Result<(), AppError> {
        let demands: Vec<(Uuid, Vec<Demands>)> = runs
            .members
            .iter()
            .map(|(customer_id, run)| (*customer_id, run.iter().map(demands).collect()))
            .collect();
        let orders = self.orders(runs, &demands).await?;
        let mut usages = self.usages(runs, &demands).await?;
        let mut all_budgets = self.budgets(runs, &demands).await?;
        for ((customer_id, of_run), run) in demands.iter().zip(runs.members.values_mut()) {
            for entry in &mut *run {
                let key = (*customer_id, entry.moment.clone());
                entry.member.orders = orders.get(&key).copied().unwrap_or_default();
            }
            let deeds: Vec<Deed> = run.iter().map(deed).collect();
            let program_id = run.first().map(|entry| entry.program.program_id.clone());
            let budgets = program_id.map(|program_id| all_budgets.entry(program_id).or_default());
            let Some(budgets) = budgets else { continue };
            let usage = usages.remove(customer_id).unwrap_or_default();
            let ratings = rate_all(&deeds, &usage, budgets);
            for ((entry, rating), demands) in run.iter_mut().zip(ratings).zip(of_run) {
                entry.earnings.looks_back = demands.look_back();
                entry.outcome = match rating {
                    Ok(rating) => {
                        entry.earnings.rate(&rating);
                        Outcome::Rated(rating)
                    }
                    Err(error) => Outcome::Parked(error.into()),
                };
            }
        }
        self.write_budgets(&all_budgets).await
    }

    /// Purchases before those whose conditions ask for them.
    async fn orders(
        &mut self,
        runs: &Runs<'_>,
        demands: &[(Uuid, Vec<Demands>)],
    ) -> Result<HashMap<(Uuid, Moment), Orders>, AppError> {
        let of_runs = runs.members.iter().zip(demands);
        let asking: Vec<(Uuid, &Moment)> = of_runs
            .flat_map(|((customer_id, run), (_, demands))| {
                let asking = run
                    .iter()
                    .zip(demands)
                    .filter(|(_, demands)| demands.orders);
                asking.map(|(entry, _)| (*customer_id, &entry.moment))
            })
            .collect();
        let orders = past::orders(self.tx, asking.iter().copied()).await?;
        let keys = asking.into_iter().map(|(id, moment)| (id, moment.clone()));
        Ok(keys.zip(orders).collect())
    }

    /// What rules have awarded each member before its run.
    async fn usages(
        &mut self,
        runs: &Runs<'_>,
        demands: &[(Uuid, Vec<Demands>)],
    ) -> Result<HashMap<Uuid, Usage>, AppError> {
        let (mut asked, mut cooling) = (Vec::new(), Vec::new());
        for ((customer_id, run), (_, demands)) in runs.members.iter().zip(demands) {
            let Some(first) = run.first() else { continue };
            let intervals: BTreeSet<_> = demands.iter().flat_map(|one| &one.intervals).collect();
            asked.extend(intervals.into_iter().map(|(rule_id, interval)| Asked {
                customer_id: *customer_id,
                rule_id: rule_id.clone(),
                interval: *interval,
                before: &first.moment,
            }));
            let rules: BTreeSet<_> = demands.iter().flat_map(|one| &one.cooling).collect();
            cooling.extend(
                rules
                    .into_iter()
                    .map(|rule| (*customer_id, rule.clone(), &first.moment)),
            );
        }
        let used = past::used(self.tx, &asked).await?;
        let last = past::last_awards(self.tx, &cooling).await?;
        let mut usages: HashMap<Uuid, Usage> = HashMap::new();
        for (asked, used) in asked.into_iter().zip(used) {
            let usage = usages.entry(asked.customer_id).or_default();
            usage.add_sum(asked.rule_id, asked.interval.from, used);
        }
        for ((customer_id, rule_id, _), last) in cooling.into_iter().zip(last) {
            if let Some(last) = last {
                usages
                    .entry(customer_id)
                    .or_default()
                    .add_last(rule_id, last);
            }
        }
        Ok(usages)
    }

    /// The budgets that may be taken from or given back to, locked.
    async fn budgets(
        &mut self,
        runs: &Runs<'_>,
        demands: &[(Uuid, Vec<Demands>)],
    ) -> Result<HashMap<ProgramId, Budgets>, AppError> {
        let mut campaigns: BTreeSet<Campaign> = BTreeSet::new();
        for (run, (_, demands)) in runs.members.values().zip(demands) {
            for (entry, demands) in run.iter().zip(demands) {
                let program_id = &entry.program.program_id;
                let may_take = demands.budgets.iter();
                let took = entry.earnings.awards.iter();
                let took = took.filter_map(|award| award.campaign_id.as_ref());
                let took = took.filter(|id| {
                    let campaign = entry.program.document.campaign(id.as_str());
                    campaign.is_some_and(|campaign| campaign.budget.is_some())
                });
                let all = may_take.chain(took);
                campaigns.extend(all.map(|id| (program_id.clone(), id.clone())));
            }
        }
        let mut all: HashMap<ProgramId, Budgets> = HashMap::new();
        if campaigns.is_empty() {
            return Ok(all);
        }
        for ((program_id, campaign_id), spent) in budgets::lock(self.tx, &campaigns).await? {
            all.entry(program_id).or_default().set(campaign_id, spent);
        }
        Ok(all)
    }

    async fn write_budgets(&mut self, all: &HashMap<ProgramId, Budgets>) -> Result<(), AppError> {
        let spent = all.iter().flat_map(|(program_id, budgets)| {
            let spent = budgets.spent();
            spent.map(|(campaign_id, spent)| ((program_id.clone(), campaign_id.clone()), spent))
        });
        let spent: Vec<_> = spent.collect();
        Ok(budgets::update(self.tx, &spent).await?)
    }
}

fn demands(entry: &Entry<'_>) -> Demands {
    Demands::of(&entry.program, &entry.done.subject())
}

fn deed(entry: &Entry<'_>) -> Deed {
    Deed {
        done: entry.done.clone(),
        program: Arc::clone(&entry.program),
        member: entry.member.clone(),
        awards: entry.earnings.awarded(),
    }
}
