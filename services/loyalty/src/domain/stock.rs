//! Pieces of something of which there is only so much.

/// A stock as it stands: what the program plans, what operators have put in or taken out, what
/// members have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// By the program; `None`: without a limit, and nothing is counted.
    pub planned: Option<u64>,
    /// By operators, on top.
    pub adjusted: i64,
    /// By members.
    pub taken: i64,
}

/// Why a stock does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    /// Fewer pieces are left.
    #[error("{required} pieces are wanted and {left} left")]
    Short {
        /// What is left.
        left: i64,
        /// What is wanted.
        required: i64,
    },
    /// There is no limit, so there is nothing to adjust.
    #[error("there is no limit to adjust")]
    Unlimited,
    /// The figures do not fit 64 bits.
    #[error("more pieces than can be counted")]
    Overflow,
}

impl Stock {
    /// Pieces left; `None`: without a limit. Below 0 it never gets by orders, but by a version of the
    /// program that plans fewer than were taken; nothing is left then.
    pub fn left(&self) -> Option<i64> {
        let planned = i128::from(self.planned?);
        let left = planned + i128::from(self.adjusted) - i128::from(self.taken);
        Some(i64::try_from(left.max(0)).unwrap_or(i64::MAX))
    }

    /// The stock after so many pieces were taken.
    pub fn take(self, pieces: i64) -> Result<Self, StockError> {
        if let Some(left) = self.left().filter(|left| *left < pieces) {
            let required = pieces;
            return Err(StockError::Short { left, required });
        }
        let taken = self.taken.checked_add(pieces);
        let taken = taken.ok_or(StockError::Overflow)?;
        Ok(Self { taken, ..self })
    }

    /// The stock after so many pieces came back.
    #[must_use]
    pub fn give_back(self, pieces: i64) -> Self {
        let taken = self.taken.saturating_sub(pieces).max(0);
        Self { taken, ..self }
    }

    /// The stock after operators put so many pieces in, or took out what is left at most.
    pub fn adjust(self, change: i64) -> Result<Self, StockError> {
        let left = self.left().ok_or(StockError::Unlimited)?;
        if change.checked_neg().is_none_or(|out| out > left) {
            let required = change.saturating_neg();
            return Err(StockError::Short { left, required });
        }
        let adjusted = self.adjusted.checked_add(change);
        let adjusted = adjusted.ok_or(StockError::Overflow)?;
        Ok(Self { adjusted, ..self })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_more_are_out_than_there_are_whatever_is_taken_given_back_and_adjusted(
            planned in 0_u64..50,
            acts in prop::collection::vec((0_u8..3, 1_i64..20), 0..60),
        ) {
            let mut stock = Stock { planned: Some(planned), ..Stock::default() };
            let mut out = 0_i64;
            for (act, pieces) in acts {
                let before = stock.left().unwrap();
                match act {
                    0 => match stock.take(pieces) {
                        Ok(after) => { stock = after; out += pieces; }
                        Err(error) => prop_assert_eq!(error, StockError::Short { left: before, required: pieces }),
                    },
                    1 => { let back = pieces.min(out); stock = stock.give_back(back); out -= back; }
                    _ => if let Ok(after) = stock.adjust(-pieces) { stock = after; }
                         else { prop_assert!(pieces > before); },
                }
                let there = i64::try_from(planned).unwrap() + stock.adjusted;
                prop_assert!(out <= there);
                prop_assert_eq!(stock.left(), Some(there - out));
            }
        }
    }

    #[test]
    fn without_a_limit_anything_can_be_taken_and_nothing_adjusted() {
        let stock = Stock::default();
        assert_eq!(stock.left(), None);
        assert_eq!(stock.take(i64::MAX).unwrap().left(), None);
        assert_eq!(stock.adjust(1), Err(StockError::Unlimited));
    }

    #[test]
    fn a_version_that_plans_fewer_than_were_taken_leaves_none() {
        let stock = Stock {
            planned: Some(3),
            adjusted: 0,
            taken: 5,
        };
        assert_eq!(stock.left(), Some(0));
        assert!(stock.take(1).is_err());
        assert_eq!(
            stock.adjust(i64::MIN).unwrap_err(),
            StockError::Short {
                left: 0,
                required: i64::MAX
            }
        );
    }
}
