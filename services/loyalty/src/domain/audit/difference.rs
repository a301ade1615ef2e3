use std::fmt;

use uuid::Uuid;

use crate::domain::Account;

/// A number that is not what the entries add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What carries the number.
    pub subject: Subject,
    /// Which number it is.
    pub quantity: Quantity,
    /// What is recorded; for the sum of an operation what it has to be, 0.
    pub recorded: i128,
    /// What it should be by the entries.
    pub recomputed: i128,
}

/// What carries a number, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A member.
    Member(Uuid),
    /// A lot.
    Lot(Uuid),
    /// An entry.
    Entry(Uuid),
    /// An operation.
    Operation(Uuid),
    /// A member's sale, by its order.
    Sale(Uuid, String),
    /// A redemption.
    Redemption(Uuid),
}

/// Which number of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// An account's balance.
    Account(Account),
    /// The balance that an entry leaves.
    Balance,
    /// An entry's place among those of its member.
    Number,
    /// How many entries there are.
    Entries,
    /// What the entries of an operation add up to.
    Sum,
    /// Entries of an operation on the program's account of its kind.
    CounterEntries,
    /// A lot's points at earning.
    Original,
    /// Points ever earned, less what was taken back.
    LifetimeEarned,
    /// Points that a sale earned.
    Earned,
    /// Money that was paid back for a sale, in minor units.
    Refunded,
    /// Points of a sale that were taken back.
    ClawedBack,
    /// Points that a redemption spent.
    Spent,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            quantity,
            recorded,
            recomputed,
        } = self;
        write!(
            formatter,
            "{subject}: {quantity} is {recorded}, recomputed it is {recomputed}"
        )
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(id) => write!(formatter, "member {id}"),
            Self::Lot(id) => write!(formatter, "lot {id}"),
            Self::Entry(id) => write!(formatter, "entry {id}"),
            Self::Operation(id) => write!(formatter, "operation {id}"),
            Self::Sale(id, order_id) => write!(formatter, "order {order_id} of member {id}"),
            Self::Redemption(id) => write!(formatter, "redemption {id}"),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Account(Account::Available) => "available",
            Self::Account(Account::Pending) => "pending",
            Self::Account(Account::Held) => "held",
            Self::Account(Account::Debt) => "debt",
            Self::Account(_) => "balance of the program",
            Self::Balance => "balance after",
            Self::Number => "number",
            Self::Entries => "number of entries",
            Self::Sum => "sum of the entries",
            Self::CounterEntries => "number of counter-entries",
            Self::Original => "original amount",
            Self::LifetimeEarned => "lifetime earned",
            Self::Earned => "points earned",
            Self::Refunded => "money refunded",
            Self::ClawedBack => "points clawed back",
            Self::Spent => "points spent",
        })
    }
}
