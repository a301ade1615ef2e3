//! Kinds of coupon.

use super::{Condition, TemplateId, TimeWindow};
use crate::domain::Money;

/// A kind of coupon.
#[derive(Clone, Debug)]
pub struct CouponTemplate {
    /// The template.
    pub template_id: TemplateId,
    /// Its name.
    pub display_name: String,
    /// What it is worth.
    pub value: CouponValue,
    /// The least that the basket must be worth; `None`: anything.
    pub minimum_basket: Option<Money>,
    /// Days for which a coupon is valid from its issue, to the end of the last one; `None`: to the
    /// window's end.
    pub valid_days: Option<u16>,
    /// No coupon is valid outside of it.
    pub window: TimeWindow,
    /// When it can be used; `None`: always.
    pub condition: Option<Condition>,
    /// Coupons of the same group exclude each other in one basket; `None`: it goes with all.
    pub exclusive_group: Option<String>,
    /// Characters of a code, without its check character.
    pub code_length: u8,
    /// The most that are ever issued; `None`: without a limit.
    pub issue_limit: Option<u64>,
    /// What becomes of a used coupon when its purchase is wholly returned.
    pub on_return: OnReturn,
}

/// What becomes of a used coupon when its purchase is wholly returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReturn {
    /// It can be used again while it is valid.
    Reusable,
    /// It is void.
    Void,
}

/// What a coupon is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CouponValue {
    /// Money off.
    AmountOff(Money),
    /// A part of the basket off.
    ShareOff {
        /// Of 10,000.
        basis_points: u16,
        /// The most that it takes off; `None`: no limit.
        maximum: Option<Money>,
    },
    /// No delivery charge.
    FreeDelivery,
    /// This article for nothing.
    Gift {
        /// The article.
        product_id: String,
    },
}

impl CouponTemplate {
    /// What `code_length` of 0 means.
    pub const DEFAULT_CODE_LENGTH: u8 = 12;
}
