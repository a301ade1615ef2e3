use calendar::{RecurrenceError, UnknownZone};

use crate::domain::MoneyError;

/// What is wrong at one place of a program document, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A rule that the contract itself states.
    #[error("{0}")]
    Contract(String),
    /// A part that must be there.
    #[error("is required")]
    Missing,
    /// None of several parts, of which one must be there.
    #[error("one of {0} must be set")]
    NoneOf(&'static str),
    /// A switch that says nothing when it is off.
    #[error("must be true, or left out")]
    MustBeTrue,
    /// A part that says nothing here.
    #[error("means something only with {0}; leave it out")]
    OnlyWith(&'static str),
    /// A type of act.
    #[error("must match ^[a-z][a-z0-9_]{{0,31}}$")]
    ActivityType,
    /// A number.
    #[error("must be {least} to {most}, not {found}")]
    OutOfRange {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
        /// What stands there.
        found: i64,
    },
    /// An instant.
    #[error("is no instant between the years 1 and 9999")]
    Instant,
    /// A window of time.
    #[error("must be after start_time, {start}")]
    WindowReversed {
        /// When it begins.
        start: String,
    },
    /// An id of a list.
    #[error("{id:?} is taken by item {first} of the list; ids are unique")]
    Duplicate {
        /// The id.
        id: String,
        /// Place of the one that has it already, from 0.
        first: usize,
    },
    /// An earning rule's id.
    #[error("{id:?} is taken by {first}; ids of earning rules are unique, also over campaigns")]
    DuplicateRule {
        /// The id.
        id: String,
        /// Where the other one stands.
        first: String,
    },
    /// A name that nothing has.
    #[error("there is no {what} {name:?}; {}", known_names(known))]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A time zone.
    #[error("{0}")]
    Zone(UnknownZone),
    /// A recurrence.
    #[error("{0}")]
    Recurrence(RecurrenceError),
    /// A condition, with the place in it.
    #[error("{0}")]
    Condition(rules::Problem),
    /// An amount of money.
    #[error("{0}")]
    Money(MoneyError),
    /// Amounts of several currencies.
    #[error("is in {found}, but {other} is in {expected}; one currency is wanted")]
    CurrenciesMixed {
        /// The currency of the other amount.
        expected: String,
        /// The field of the other amount.
        other: &'static str,
        /// The currency.
        found: String,
    },
    /// A list that is not in order.
    #[error("is {found}, but the one before it is {previous}; they must ascend")]
    NotAscending {
        /// The number.
        found: i64,
        /// The one before.
        previous: i64,
    },
    /// A threshold for keeping a tier.
    #[error("must be at most the threshold, {threshold}")]
    AboveThreshold {
        /// For reaching it.
        threshold: i64,
    },
    /// Tiers that fall to each other.
    #[error("falls in a circle: {circle}; each tier must fall to a lower one")]
    Circle {
        /// The tiers, in the order of falling.
        circle: String,
    },
    /// A tier that falls upwards.
    #[error("{0:?} is not lower; a tier must fall to a lower one")]
    FallsUp(String),
    /// A ladder whose reviews have no date.
    #[error("a ladder with downgrades needs validity_months or validity_round_up")]
    NoReview,
    /// A window of a metric.
    #[error("must be PERIOD_MONTH, PERIOD_QUARTER or PERIOD_YEAR")]
    CalendarWindow,
    /// A period of a streak.
    #[error("must be PERIOD_DAY, PERIOD_WEEK or PERIOD_MONTH")]
    StreakPeriod,
    /// An award of nothing.
    #[error("awards nothing; its numerator must be at least 1")]
    AwardsNothing,
    /// Money of an act.
    #[error("an act has no price: with activity_type use fixed_points or bonus_multiple")]
    ActWithoutPrice,
    /// A cap without a limit.
    #[error("limits nothing; set points or times")]
    EmptyCap,
    /// Two caps of one period.
    #[error("there is another cap of this period; say both limits in one")]
    PeriodTwice,
    /// A way of stacking without a group.
    #[error("means something only with stacking_group; set it, or leave this out")]
    StackingWithoutGroup,
    /// Rules of one group that contradict each other.
    #[error("all rules of group {group:?} must say the same, but {other} says otherwise")]
    StackingDiffers {
        /// The group.
        group: String,
        /// Where the other one stands.
        other: String,
    },
    /// A limit below another.
    #[error("must be at least {least}, which {other} asks for")]
    Below {
        /// The least.
        least: i64,
        /// The other field.
        other: &'static str,
    },
    /// A right answer that is none of the choices.
    #[error("there are only {choices} choices, counted from 0")]
    NoSuchChoice {
        /// How many.
        choices: usize,
    },
    /// Chances of more than certainty.
    #[error("with it the odds of all prizes add up to {sum} of 1,000,000")]
    OddsAboveOne {
        /// The sum.
        sum: i64,
    },
    /// More winners than are drawn together.
    #[error("with it the draw has {winners} winners; at the end at most {most} are drawn together")]
    TooManyWinners {
        /// How many.
        winners: i64,
        /// The most.
        most: i64,
    },
    /// Another kind of grant than the reward's kind needs.
    #[error("must be {0}")]
    WrongGrant(&'static str),
    /// A presale that begins after the sale.
    #[error("must be before start_time, which a presale needs")]
    PresaleNotBefore,
    /// A point currency that is held.
    #[error("members hold {wallet_id}; a point currency can't be given up then")]
    WalletGivenUp {
        /// The currency.
        wallet_id: String,
    },
    /// Decimals of a point currency that is held.
    #[error("members hold amounts with {held} decimals; they can't be changed then")]
    DecimalsChanged {
        /// As it was.
        held: u8,
    },
}

/// The most names that are told.
const NAMES: usize = 10;

fn known_names(known: &[String]) -> String {
    if known.is_empty() {
        return "the document has none".to_owned();
    }
    let more = if known.len() > NAMES { ", …" } else { "" };
    let first: Vec<&str> = known.iter().take(NAMES).map(String::as_str).collect();
    format!("there are: {}{more}", first.join(", "))
}
