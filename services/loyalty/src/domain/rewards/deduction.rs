//! Points as money at the checkout: a ladder of whole steps.

use crate::domain::program::{RedemptionPolicy, Reward, RewardKind};
use crate::domain::{Money, Points};

/// 10,000 basis points are all of a basket.
const ALL: i128 = 10_000;

/// What a member could spend.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// Points that are available.
    pub available: Points,
    /// The most that the member wants to spend; `None`: as many as possible.
    pub at_most: Option<Points>,
}

/// What is taken off a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deduction {
    /// Whole steps of the ladder.
    pub steps: i64,
    /// What they cost.
    pub points: Points,
    /// What they take off.
    pub money: Money,
}

/// Why nothing can be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeductionError {
    /// The reward is none that takes money off.
    #[error("the reward takes no money off")]
    NotADeduction,
    /// The basket is in another currency.
    #[error("the basket is in another currency than the reward")]
    Currency,
    /// Of the basket, less may be taken off than the first step takes.
    #[error("the basket is worth too little for the first step")]
    BasketTooSmall,
    /// The first allowed step costs more points than the member has or wants to spend.
    #[error("{available} points are available and at least {required} required")]
    Insufficient {
        /// What there is to spend.
        available: Points,
        /// What the first allowed step costs.
        required: Points,
    },
    /// No number of steps is both allowed by the basket and not fewer points than may be spent.
    #[error("at least {minimum} points must be spent at once")]
    BelowMinimum {
        /// The fewest.
        minimum: Points,
    },
}

/// The most that points can take off a basket: as many whole steps as the basket's limit, the
/// member's points and the limits for spending allow.
pub fn best_deduction(
    reward: &Reward,
    policy: &RedemptionPolicy,
    basket: Money,
    purse: Purse,
) -> Result<Deduction, DeductionError> {
    let RewardKind::CashDeduction {
        deduction,
        limit_basis_points,
    } = reward.kind
    else {
        return Err(DeductionError::NotADeduction);
    };
    if deduction.currency != basket.currency {
        return Err(DeductionError::Currency);
    }
    let ladder = Ladder::of(reward.points, policy);
    let may_go = i128::from(basket.minor) * i128::from(limit_basis_points) / ALL;
    let by_basket = ladder.down(may_go / i128::from(deduction.minor.max(1)));
    if by_basket < 1 {
        return Err(DeductionError::BasketTooSmall);
    }
    let first = ladder.first();
    let wallet = purse
        .at_most
        .map_or(purse.available, |most| most.min(purse.available));
    let by_purse = ladder.down(i128::from(wallet.get()) / ladder.price);
    if by_purse < first {
        return Err(DeductionError::Insufficient {
            available: wallet,
            required: points(first * ladder.price),
        });
    }
    let by_maximum = policy
        .maximum
        .map_or(i128::MAX, |most| i128::from(most.get()) / ladder.price);
    let steps = by_basket.min(by_purse).min(ladder.down(by_maximum));
    if steps < first {
        let minimum = policy.minimum;
        return Err(DeductionError::BelowMinimum { minimum });
    }
    Ok(Deduction {
        // Each is bounded by what the member has, and so fits.
        steps: narrow(steps),
        points: points(steps * ladder.price),
        money: Money {
            minor: narrow(steps * i128::from(deduction.minor)),
            ..deduction
        },
    })
}

/// Numbers of steps whose points may be spent at once.
struct Ladder {
    /// Points of a step.
    price: i128,
    /// Only multiples of this many steps are multiples of the program's step.
    stride: i128,
    /// The fewest points.
    minimum: i128,
}

impl Ladder {
    fn of(price: Points, policy: &RedemptionPolicy) -> Self {
        let price = i128::from(price.get().max(1));
        let step = i128::from(policy.step.get().max(1));
        Self {
            price,
            stride: step / greatest_common_divisor(price, step),
            minimum: i128::from(policy.minimum.get()),
        }
    }

    /// The greatest allowed number not above this one.
    fn down(&self, steps: i128) -> i128 {
        steps - steps.rem_euclid(self.stride)
    }

    /// The least allowed number.
    fn first(&self) -> i128 {
        let steps = (self.minimum + self.price - 1) / self.price;
        let strides = (steps.max(1) + self.stride - 1) / self.stride;
        strides * self.stride
    }
}

fn greatest_common_divisor(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

fn points(points: i128) -> Points {
    Points::new(narrow(points))
}

fn narrow(figure: i128) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}
