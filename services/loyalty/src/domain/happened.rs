//! What follows from purchases, acts and joining: the facts that tiers, challenges and referrals
//! look at.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::Currency;

/// Something that has become known of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A purchase, or what is left of it after a return.
    Sale(SaleChange),
    /// An act.
    Act(Act),
    /// A customer has become a member.
    Joined {
        /// The customer.
        customer_id: Uuid,
        /// When.
        at: Timestamp,
    },
}

/// A purchase as it was known before, and as it is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleChange {
    /// Who bought.
    pub customer_id: Uuid,
    /// The order.
    pub order_id: String,
    /// When it was bought.
    pub ordered_at: Timestamp,
    /// Through which channel.
    pub channel: String,
    /// In which store.
    pub store: String,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Until now; [`SaleFigures::NONE`] for a new one.
    pub before: SaleFigures,
    /// From now on.
    pub after: SaleFigures,
}

/// What a purchase amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleFigures {
    /// Paid less paid back, in minor units.
    pub net_minor: i64,
    /// Whether it exists and was not wholly returned.
    pub counts: bool,
    /// Points earned less points taken back, in the main wallet.
    pub points: i64,
}

impl SaleFigures {
    /// No purchase.
    pub const NONE: Self = Self {
        net_minor: 0,
        counts: false,
        points: 0,
    };
}

/// Something that a member did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub customer_id: Uuid,
    /// The act.
    pub activity_id: String,
    /// Its type.
    pub activity_type: String,
    /// When.
    pub occurred_at: Timestamp,
    /// Through which channel.
    pub channel: String,
    /// What else is known of it.
    pub attributes: BTreeMap<String, String>,
}
