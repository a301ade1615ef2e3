//! Stages of the lifecycle and tiers of value: what they follow from, and until when at least.

use jiff::Timestamp;
use rules::CompileError;

use super::segment::condition::{Condition, Reach, Verdict};
use super::segment::facts::Facts;
use super::segment::vocabulary::Vocabulary;

/// Where a customer stands in its life with the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Lead,
    Prospect,
    New,
    Active,
    Mature,
    Dormant,
    Lost,
    WonBack,
}

/// How much a customer is worth, and how much it has to do with the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// High value, high engagement.
    A,
    /// High value, low engagement.
    B,
    /// Low value, high engagement.
    C,
    /// Low value, low engagement.
    D,
}

/// What operators say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// The first whose condition holds decides.
    pub(crate) stages: Vec<(Stage, String)>,
    pub(crate) otherwise: Stage,
    /// Of whom it holds is of high value.
    pub(crate) value: String,
    /// Of whom it holds is engaged.
    pub(crate) engagement: String,
}

/// The same, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    stages: Vec<(Stage, Condition)>,
    otherwise: Stage,
    value: Condition,
    engagement: Condition,
}

/// Where somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rating {
    pub(crate) stage: Stage,
    pub(crate) tier: Tier,
}

/// Which condition is none, by its path in the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) source: CompileError,
}

/// What Patron proposes to begin with. A company sets its own currency and thresholds.
const PROPOSED: [(Stage, &str); 7] = [
    (Stage::Lost, "orders.?days_since_last.orValue(0) >= 365"),
    (Stage::Dormant, "orders.?days_since_last.orValue(0) >= 180"),
    // Bought within 90 days, before that not for 180, and before that again.
    (
        Stage::WonBack,
        "orders.within_days(90).count > 0 && orders.count > orders.within_days(90).count && \
         orders.within_days(270).count == orders.within_days(90).count",
    ),
    (
        Stage::New,
        "orders.count > 0 && orders.count < 3 && orders.?days_since_first.orValue(0) < 30",
    ),
    (
        Stage::Mature,
        "orders.count >= 10 && orders.?days_since_first.orValue(0) >= 365",
    ),
    (Stage::Active, "orders.count > 0"),
    (Stage::Prospect, "size(customer.tags) > 0"),
];
const PROPOSED_VALUE: &str = "orders.within_days(365).net('EUR') >= 50000";
const PROPOSED_ENGAGEMENT: &str = "orders.within_days(365).count >= 4";

impl Document {
    /// What Patron proposes to begin with.
    pub(crate) fn proposed() -> Self {
        let stages = PROPOSED.iter();
        Self {
            stages: stages
                .map(|(stage, it)| (*stage, (*it).to_owned()))
                .collect(),
            otherwise: Stage::Lead,
            value: PROPOSED_VALUE.to_owned(),
            engagement: PROPOSED_ENGAGEMENT.to_owned(),
        }
    }

    /// Compiles all conditions, or tells the first that is none.
    pub(crate) fn compile(&self, over: &Vocabulary) -> Result<Policy, Wrong> {
        let condition = |field: String, source: &str| {
            Condition::compile(source, over).map_err(|source| Wrong { field, source })
        };
        let stages = self.stages.iter().enumerate().map(|(at, (stage, source))| {
            Ok((
                *stage,
                condition(format!("stages[{at}].condition"), source)?,
            ))
        });
        Ok(Policy {
            stages: stages.collect::<Result<_, _>>()?,
            otherwise: self.otherwise,
            value: condition("value_condition".to_owned(), &self.value)?,
            engagement: condition("engagement_condition".to_owned(), &self.engagement)?,
        })
    }
}

impl Policy {
    /// All that it asks.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let both = [&self.value, &self.engagement].into_iter();
        both.chain(self.stages.iter().map(|(_, condition)| condition))
    }

    /// How far back it looks at single orders.
    pub(crate) fn reach(&self) -> Reach {
        let reaches = self.conditions().map(Condition::reach);
        reaches.max().unwrap_or_default()
    }

    /// Where somebody stands now, and until when at least. A condition that can't be decided does not
    /// hold.
    pub(crate) fn rate(&self, facts: &Facts, now: Timestamp) -> (Rating, Option<Timestamp>) {
        let mut next = None;
        let mut holds = |condition: &Condition| {
            let verdict: Verdict = condition.evaluate(facts, now);
            next = [next, verdict.next].into_iter().flatten().min();
            verdict.is_member()
        };
        let tier = match (holds(&self.value), holds(&self.engagement)) {
            (true, true) => Tier::A,
            (true, false) => Tier::B,
            (false, true) => Tier::C,
            (false, false) => Tier::D,
        };
        // Those behind the first that holds can't decide before it changes.
        let first = self.stages.iter().find(|(_, condition)| holds(condition));
        let stage = first.map_or(self.otherwise, |(stage, _)| *stage);
        (Rating { stage, tier }, next)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::segment::history_tests::{Event, World, begin, words};

    #[test]
    fn a_life_goes_through_the_stages_at_their_instants() {
        let policy = Document::proposed().compile(&words()).unwrap();
        let mut world = World::new();
        let mut now = begin();
        let mut stages = Vec::new();
        let buys = [0, 10, 20, 320, 330, 500];
        for day in 0..900 {
            let today = begin() + SignedDuration::from_hours(24 * day);
            if buys.contains(&day) {
                let buy = Event::Buy {
                    late_hours: 0,
                    channel: 0,
                    category: 0,
                    amount: 20_000,
                    euro: true,
                };
                world.apply(&buy, today);
                now = today;
            }
            // As the keeper does: when something happens, and at the instants that ratings give.
            while now <= today {
                let (rating, next) = policy.rate(world.facts(), now);
                if stages.last().map(|(stage, _)| *stage) != Some(rating.stage) {
                    stages.push((rating.stage, (now - begin()).get_hours() / 24));
                }
                now = next.unwrap_or(Timestamp::MAX);
            }
        }
        let names: Vec<Stage> = stages.iter().map(|(stage, _)| *stage).collect();
        assert_eq!(
            names,
            [
                Stage::New,
                Stage::Active,
                Stage::Dormant,
                Stage::WonBack,
                Stage::Active,
                Stage::Dormant,
                Stage::Lost
            ],
            "{stages:?}"
        );
    }

    #[test]
    fn tiers_are_the_quadrants_of_value_and_engagement() {
        let policy = Document::proposed().compile(&words()).unwrap();
        let mut world = World::new();
        let mut tiers = Vec::new();
        for amount in [1_000, 60_000, 10, 10, 10] {
            let buy = Event::Buy {
                late_hours: 0,
                channel: 0,
                category: 0,
                amount,
                euro: true,
            };
            world.apply(&buy, begin());
            tiers.push(policy.rate(world.facts(), begin()).0.tier);
        }
        assert_eq!(tiers, [Tier::D, Tier::B, Tier::B, Tier::A, Tier::A]);
    }

    #[test]
    fn a_condition_that_is_none_is_told_by_its_path() {
        let mut document = Document::proposed();
        document.stages[2].1 = "orders.cont > 1".to_owned();
        assert_eq!(
            document.compile(&words()).unwrap_err().field,
            "stages[2].condition"
        );
    }
}
