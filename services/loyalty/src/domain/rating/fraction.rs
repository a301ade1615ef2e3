use crate::domain::program::{PointRounding, Ratio};

/// An exact fraction, not below 0.
///
/// Numerators are products of an amount of money (64 bits) and a ratio (30 bits), denominators of a
/// power of ten up to 10,000 and a ratio: both stay far from the ends of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// A whole number.
    pub fn whole(number: i64) -> Self {
        Self {
            numerator: i128::from(number),
            denominator: 1,
        }
    }

    /// An amount of so many `units` times a ratio: 1,530 pence at 3/2 points a pound are
    /// `Fraction::of(1530, 100, 3/2)`.
    pub fn of(amount: i128, units: i128, ratio: Ratio) -> Option<Self> {
        Some(Self {
            numerator: amount.checked_mul(i128::from(ratio.numerator))?,
            denominator: units.checked_mul(i128::from(ratio.denominator))?,
        })
    }

    /// With a whole number added.
    pub fn plus_whole(self, number: i64) -> Option<Self> {
        let added = self.denominator.checked_mul(i128::from(number))?;
        Some(Self {
            numerator: self.numerator.checked_add(added)?,
            ..self
        })
    }

    /// The part `weight` of `weights`.
    pub(super) fn share(self, weight: i128, weights: i128) -> Option<Self> {
        Some(Self {
            numerator: self.numerator.checked_mul(weight)?,
            denominator: self.denominator.checked_mul(weights)?,
        })
    }

    /// Above the line.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// Below the line; above 0.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// The whole number that stands for it; `None` when it does not fit 64 bits.
    pub fn round(self, rounding: PointRounding) -> Option<i64> {
        let down = self.numerator.div_euclid(self.denominator);
        let rest = self.numerator.rem_euclid(self.denominator);
        // Not twice the rest, which may not fit.
        let half = self.denominator - rest;
        let up = match rounding {
            PointRounding::Floor => false,
            PointRounding::HalfUp => rest >= half,
            PointRounding::HalfEven if rest == half => down.rem_euclid(2) == 1,
            PointRounding::HalfEven => rest > half,
        };
        i64::try_from(down + i128::from(up)).ok()
    }
}
