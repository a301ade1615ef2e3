use std::collections::BTreeSet;

use super::{Basket, Code};
use crate::domain::ledger::apportion;
use crate::domain::program::{CouponTemplate, CouponValue};
use crate::domain::{Currency, Money, Points};

/// 10,000 basis points are all of a basket.
const ALL: i128 = 10_000;

/// A coupon that is to be applied to a basket.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// Its code.
    pub code: &'a Code,
    /// What it follows.
    pub template: &'a CouponTemplate,
    /// Whether the template's condition holds for this basket and member.
    pub condition_holds: bool,
}

/// What one coupon takes off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discount {
    /// The money, in minor units of the basket's currency; 0 for what is no money.
    pub amount_minor: i64,
    /// The money by lines, in the order of the basket. Adds up to `amount_minor`.
    pub lines: Vec<(String, i64)>,
    /// Whether delivery is free.
    pub free_delivery: bool,
    /// What comes for nothing.
    pub gift_product_id: Option<String>,
}

/// Why a coupon does not go with a basket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coupon does not go with the basket: {why}")]
pub struct Inapplicable {
    /// Which coupon.
    pub code: Code,
    /// Why.
    pub why: NotApplicable,
}

/// Why a coupon does not go with a basket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApplicable {
    /// It is not valid yet.
    #[error("it is not valid before {from}")]
    NotYetValid {
        /// From when on.
        from: jiff::Timestamp,
    },
    /// It belongs to another member.
    #[error("it belongs to another member")]
    OtherMember,
    /// It is worth money of another currency.
    #[error("it is worth {wanted}, and the basket {found}")]
    Currency {
        /// That of the coupon.
        wanted: Currency,
        /// That of the basket.
        found: Currency,
    },
    /// The basket is not worth enough.
    #[error("the basket must be worth {minimum_minor} minor units")]
    MinimumBasket {
        /// The least.
        minimum_minor: i64,
    },
    /// Its condition does not hold.
    #[error("its condition does not hold")]
    Condition,
    /// Another one of its group is in the basket.
    #[error("it does not go with another coupon of the group {group}")]
    Exclusive {
        /// The group.
        group: String,
    },
    /// The same coupon is named twice.
    #[error("it is named twice")]
    Twice,
}

/// What coupons take off a basket, one after the other: each takes of what those before have left.
/// All of them go with the basket, or none is applied.
pub fn discounts(basket: &Basket, coupons: &[Applied<'_>]) -> Result<Vec<Discount>, Inapplicable> {
    let (mut codes, mut groups) = (BTreeSet::new(), BTreeSet::new());
    let mut left: Vec<i64> = basket
        .lines()
        .iter()
        .map(|line| line.amount.minor)
        .collect();
    let mut discounts = Vec::with_capacity(coupons.len());
    for coupon in coupons {
        let refuse = |why| Inapplicable {
            code: coupon.code.clone(),
            why,
        };
        if !codes.insert(coupon.code) {
            return Err(refuse(NotApplicable::Twice));
        }
        if let Some(group) = &coupon.template.exclusive_group
            && !groups.insert(group)
        {
            let group = group.clone();
            return Err(refuse(NotApplicable::Exclusive { group }));
        }
        check(basket, coupon).map_err(refuse)?;
        discounts.push(take_off(basket, coupon.template, &mut left).map_err(refuse)?);
    }
    Ok(discounts)
}

/// What a coupon asks of the basket as it is without any coupon.
fn check(basket: &Basket, coupon: &Applied<'_>) -> Result<(), NotApplicable> {
    if let Some(minimum) = coupon.template.minimum_basket {
        same_currency(basket, minimum)?;
        if basket.total_minor() < minimum.minor {
            let minimum_minor = minimum.minor;
            return Err(NotApplicable::MinimumBasket { minimum_minor });
        }
    }
    if coupon.condition_holds {
        Ok(())
    } else {
        Err(NotApplicable::Condition)
    }
}

fn take_off(
    basket: &Basket,
    template: &CouponTemplate,
    left: &mut [i64],
) -> Result<Discount, NotApplicable> {
    let whole: i64 = left.iter().sum();
    let amount = match &template.value {
        CouponValue::AmountOff(money) => {
            same_currency(basket, *money)?;
            money.minor.min(whole)
        }
        CouponValue::ShareOff {
            basis_points,
            maximum,
        } => {
            // Rounded down: a coupon never takes more off than it says.
            let share = i128::from(whole) * i128::from(*basis_points) / ALL;
            let share = i64::try_from(share).unwrap_or(whole);
            match maximum {
                Some(maximum) => {
                    same_currency(basket, *maximum)?;
                    share.min(maximum.minor)
                }
                None => share,
            }
        }
        CouponValue::FreeDelivery => {
            return Ok(Discount {
                free_delivery: true,
                ..Discount::default()
            });
        }
        CouponValue::Gift { product_id } => {
            return Ok(Discount {
                gift_product_id: Some(product_id.clone()),
                ..Discount::default()
            });
        }
    };
    Ok(spread(basket, amount.max(0), left))
}

/// Spreads a discount over the lines by what is left of each, by largest remainder; so it adds up,
/// and no line falls below 0.
fn spread(basket: &Basket, amount: i64, left: &mut [i64]) -> Discount {
    // Nothing can be apportioned over nothing; then the amount is 0 as well.
    let shares = apportion(Points::new(amount), left).unwrap_or_default();
    let shares = shares.into_iter().map(Points::get);
    let mut lines = Vec::with_capacity(left.len());
    for ((line, left), share) in basket.lines().iter().zip(left.iter_mut()).zip(shares) {
        *left -= share;
        if share > 0 {
            lines.push((line.line_id.clone(), share));
        }
    }
    Discount {
        amount_minor: lines.iter().map(|(_, share)| share).sum(),
        lines,
        ..Discount::default()
    }
}

fn same_currency(basket: &Basket, money: Money) -> Result<(), NotApplicable> {
    if money.currency == basket.currency() {
        return Ok(());
    }
    Err(NotApplicable::Currency {
        wanted: money.currency,
        found: basket.currency(),
    })
}
