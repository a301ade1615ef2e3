//! Conditions, checked, and what they come to.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rules::{CompileError, EvaluationError, Expected, Explanation, Limits, Rule, Value};

use super::facts::{Facts, MOST_ORDERS};
use super::vocabulary::{HABITS, Vocabulary};
use super::witness::{Moment, Witness};

/// How many instants at which something changes are looked at for one at which the condition does.
const AHEAD: u8 = 16;

/// A condition that names nothing that there is not, and costs no more than it may. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Condition {
    rule: Rule,
    reach: Reach,
}

/// How far back a condition looks at single orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// At none.
    #[default]
    Figures,
    /// At those of the last so long.
    Window(SignedDuration),
    /// At all of them.
    Always,
}

/// What a condition comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether it holds. One that can't be decided does not hold.
    pub(crate) holds: Result<bool, Undecided>,
    /// Until then passing time alone changes nothing; `None`: never.
    pub(crate) next: Option<Timestamp>,
}

/// Why a condition can't be decided of a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undecided {
    #[error("there are more than {MOST_ORDERS} orders in the time that the condition looks at")]
    TooManyOrders,
    #[error("{0}")]
    Failed(#[from] EvaluationError),
}

impl Verdict {
    /// Whether the person is one of those of whom it holds.
    pub(crate) fn is_member(&self) -> bool {
        self.holds == Ok(true)
    }
}

impl Condition {
    /// Checks a condition; tells all that is wrong with it.
    pub(crate) fn compile(source: &str, over: &Vocabulary) -> Result<Self, CompileError> {
        let schema = over.schema();
        let rule = Rule::compile(source, schema, Expected::Bool, &Limits::default())?;
        let reach = rule.reads().map(reach_of).max().unwrap_or_default();
        Ok(Self { rule, reach })
    }

    /// How far back it looks at single orders.
    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// The names that it reads.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        self.rule.reads()
    }

    /// What it comes to now, and until when at least. Looks at some of the next instants at which a
    /// fact changes, since most of them change nothing for the condition: the 60 midnights before
    /// somebody has not bought for 60 days.
    pub(crate) fn evaluate(&self, facts: &Facts, now: Timestamp) -> Verdict {
        let verdict = self.at(facts, now);
        let mut next = verdict.next;
        for _ in 0..AHEAD {
            let Some(then) = next else { break };
            if facts.health_until.is_some_and(|until| until <= then) {
                // How well things stand then is not known here.
                break;
            }
            let later = self.at(facts, then);
            if later.is_member() != verdict.is_member() {
                break;
            }
            next = later.next;
        }
        Verdict {
            holds: verdict.holds,
            next,
        }
    }

    /// What it comes to at an instant, and when something that it read changes.
    fn at(&self, facts: &Facts, now: Timestamp) -> Verdict {
        let moment = Moment::new(facts, now);
        let value = self.rule.evaluate(&Witness::of(&moment));
        let holds = value.map(Value::is_true).map_err(|error| {
            if moment.is_overrun() {
                Undecided::TooManyOrders
            } else {
                error.into()
            }
        });
        let next = moment.next();
        Verdict { holds, next }
    }

    /// Each part of it with its value, and what it read.
    pub(crate) fn explain(&self, facts: &Facts, now: Timestamp) -> Explanation {
        let moment = Moment::new(facts, now);
        self.rule.explain(&Witness::of(&moment))
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.rule.source(), formatter)
    }
}

/// How far back a name looks.
fn reach_of(read: &str) -> Reach {
    let Some(of_orders) = read.strip_prefix("orders.") else {
        return Reach::Figures;
    };
    let window = |family: &str| {
        let rest = of_orders.strip_prefix(family)?.strip_prefix('(')?;
        rest.split_once(')')?.0.parse::<i64>().ok()
    };
    if let Some(days) = window("within_days") {
        Reach::Window(SignedDuration::from_hours(days.saturating_mul(24)))
    } else if let Some(hours) = window("within_hours") {
        Reach::Window(SignedDuration::from_hours(hours))
    } else if of_orders.starts_with("in_") || HABITS.contains(&of_orders) {
        Reach::Always
    } else {
        Reach::Figures
    }
}
