//! What members are given.

use super::{BadgeId, BenefitId, DrawId, TemplateId, WalletId};
use crate::domain::Points;

/// Something that a member is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Points.
    Points {
        /// The point currency.
        wallet_id: WalletId,
        /// How many; 1 or more.
        points: Points,
    },
    /// A coupon of this template.
    Coupon(TemplateId),
    /// One use more of this benefit.
    BenefitUse(BenefitId),
    /// A badge.
    Badge(BadgeId),
    /// Tickets for a draw.
    Tickets {
        /// The draw.
        draw_id: DrawId,
        /// How many; 1 or more.
        count: u32,
    },
}
