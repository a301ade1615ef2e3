//! What earns points.

use calendar::Period;

use super::{ActivityType, Condition, Ratio, RuleId, WalletId};
use crate::domain::Points;

/// What earns points: a trigger, a condition and an award.
#[derive(Clone, Debug)]
pub struct EarningRule {
    /// The rule.
    pub rule_id: RuleId,
    /// Its name, as a member sees it in the statement.
    pub display_name: String,
    /// The point currency.
    pub wallet_id: WalletId,
    /// What it looks at.
    pub trigger: Trigger,
    /// When it applies; `None`: always.
    pub condition: Option<Condition>,
    /// What it awards.
    pub award: Award,
    /// The group whose rules exclude each other; `None`: it applies beside all others.
    pub stacking: Option<StackingGroup>,
    /// Higher goes first.
    pub priority: i32,
    /// Limits for each member.
    pub caps: Vec<Cap>,
    /// Seconds in which the rule does not award again after it has.
    pub cooldown_seconds: u32,
    /// Who pays for it; `None`: the program.
    pub funding_partner: Option<String>,
}

/// What a rule looks at.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// Purchases.
    Order {
        /// Only these lines; `None`: all.
        lines: Option<Condition>,
    },
    /// Acts of a type.
    Activity(ActivityType),
}

/// What a rule awards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Award {
    /// Points for each whole major unit of money of what it looks at; exact, rounded at the end.
    PerCurrencyUnit(Ratio),
    /// So many points.
    Fixed(Points),
    /// What the basic rules (all others) have awarded, times this, on top.
    BonusMultiple(Ratio),
    /// Points by what the basket is worth: the bracket with the highest start not above it counts
    /// for all of it. In ascending order.
    Brackets(Vec<Bracket>),
}

/// One bracket: for amounts from `from_minor` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// In minor units of the order's currency.
    pub from_minor: i64,
    /// Points for each whole major unit of money …
    pub per_currency_unit: Ratio,
    /// … and so many points.
    pub fixed: Points,
}

/// Rules that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackingGroup {
    /// The name of the group.
    pub name: String,
    /// Which of them applies; the same for all rules of a group.
    pub stacking: Stacking,
}

/// How the rules of one group go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    /// All apply.
    Add,
    /// The one that awards most; of equals the one with the higher priority.
    Best,
    /// The one with the highest priority that awards anything.
    First,
}

/// The most that a rule awards one member in each period. At least one of the two is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The period.
    pub period: Period,
    /// Points.
    pub points: Option<Points>,
    /// Times.
    pub times: Option<u64>,
}
