//! Goals that members reach by doing things.

use calendar::Period;

use super::{ActivityType, ChallengeId, Condition, Grant, QuestionId, TierGate, TimeWindow};
use crate::domain::Currency;

/// A goal that members reach by doing things.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The challenge.
    pub challenge_id: ChallengeId,
    /// Its name.
    pub display_name: String,
    /// What counts.
    pub goal: Goal,
    /// When it runs.
    pub window: TimeWindow,
    /// Who may take part: those who pass one of them. Empty: every member.
    pub gates: Vec<TierGate>,
    /// What is given on the way, counts ascending.
    pub milestones: Vec<Milestone>,
    /// When the progress begins anew; `Lifetime`: never.
    pub repeat: Period,
}

/// How purchases or acts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How often.
    Times,
    /// What was paid.
    Money {
        /// In this currency alone, in its minor units; `None`: in all, each in whole major units of
        /// its own, times 100.
        currency: Option<Currency>,
    },
}

/// What counts for a challenge.
#[derive(Clone, Debug)]
pub enum Goal {
    /// Purchases or acts, counted.
    Counter {
        /// What is counted.
        counted: Counted,
        /// How.
        measure: Measure,
    },
    /// Periods in a row with at least one purchase or act.
    Streak {
        /// What a period must have.
        counted: Counted,
        /// Days, weeks or months.
        period: Period,
        /// Periods that may be missed in each streak.
        freezes: u8,
    },
    /// Questions answered rightly.
    Quiz {
        /// The questions.
        questions: Vec<Question>,
        /// How often a member may answer; 1 or more.
        attempts: u8,
    },
}

/// Purchases, or acts of a type, that fulfil a condition.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Acts of this type; `None`: purchases.
    pub activity_type: Option<ActivityType>,
    /// Those that fulfil it; `None`: all.
    pub condition: Option<Condition>,
}

/// A question with one right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question's id.
    pub question_id: QuestionId,
    /// Its text.
    pub text: String,
    /// The answers to choose from.
    pub choices: Vec<String>,
    /// Place of the right one, from 0. Members never see it.
    pub right_choice: usize,
}

/// What is given at a point of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Reached at this count; 1 or more.
    pub count: i64,
    /// What is given.
    pub grants: Vec<Grant>,
}
