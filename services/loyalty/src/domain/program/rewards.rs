//! What points can be spent on.

use jiff::Timestamp;

use super::{DrawId, Limit, RewardId, TemplateId, TierGate, TimeWindow, WalletId};
use crate::domain::{Money, Points};

/// What points can be spent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    /// The reward.
    pub reward_id: RewardId,
    /// Its name.
    pub display_name: String,
    /// What it is.
    pub kind: RewardKind,
    /// The point currency.
    pub wallet_id: WalletId,
    /// Its price; for a cash deduction, the points for each of its deductions.
    pub points: Points,
    /// What is paid besides, in money; `None`: nothing.
    pub cash: Option<Money>,
    /// How many there are; `None`: without a limit.
    pub stock: Option<u64>,
    /// The most that one member may have; `None`: without a limit.
    pub per_member_limit: Option<Limit>,
    /// When it may be had.
    pub window: TimeWindow,
    /// Who may have it: those who pass one of them. Empty: every member.
    pub gates: Vec<TierGate>,
    /// Who may have it earlier than the others; `None`: nobody.
    pub presale: Option<Presale>,
}

/// What a reward is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RewardKind {
    /// Goods.
    Goods,
    /// Money off at the checkout.
    CashDeduction {
        /// The money taken off for each price in points.
        deduction: Money,
        /// The most of a basket that may be taken off, of 10,000.
        limit_basis_points: u16,
    },
    /// A service.
    Service,
    /// Tickets for a draw.
    DrawTicket {
        /// The draw.
        draw_id: DrawId,
        /// How many tickets.
        count: u32,
    },
    /// A coupon.
    Coupon(TemplateId),
}

/// A sale before the sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presale {
    /// From when on.
    pub start: Timestamp,
    /// For whom: those who pass one of them.
    pub gates: Vec<TierGate>,
}
