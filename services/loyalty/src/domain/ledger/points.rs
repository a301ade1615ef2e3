use std::fmt;

use super::LedgerError;

/// An amount of points in minor units of its point currency. Signed: an entry that takes points
/// away is negative, and so is the balance of a debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// So many minor units.
    pub const fn new(minor_units: i64) -> Self {
        Self(minor_units)
    }

    /// The minor units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// True for none at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True for more than none.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum; never wraps.
    pub fn plus(self, other: Self) -> Result<Self, LedgerError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(LedgerError::Overflow)
    }

    /// The difference; never wraps.
    pub fn minus(self, other: Self) -> Result<Self, LedgerError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(LedgerError::Overflow)
    }

    /// The same amount the other way.
    pub fn negated(self) -> Result<Self, LedgerError> {
        Self::ZERO.minus(self)
    }
}

#[cfg(test)]
impl AsMut<i64> for Points {
    fn as_mut(&mut self) -> &mut i64 {
        &mut self.0
    }
}

impl fmt::Display for Points {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
