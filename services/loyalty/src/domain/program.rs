use super::ledger::{WalletId, WalletIdError};
use super::{LedgerError, Money, Points, Policies, SpendingLimits};

/// One version of a loyalty program. A change makes the next version; a version never changes, and
/// every sale keeps the one that it earned by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program.
    pub program_id: String,
    /// 1, 2, 3 …
    pub version: i64,
    /// Its name.
    pub display_name: String,
    /// The point currency.
    pub point_currency: String,
    /// Decimals of the point currency.
    pub decimals: i16,
    /// IANA zone in which the program's days begin.
    pub time_zone: String,
    /// Points for each whole major unit of money.
    pub points_per_currency_unit: i64,
    /// What becomes of fractions, once per basket.
    pub rounding: Rounding,
    /// The fewest points that may be spent at once.
    pub minimum_redemption: Points,
}

/// How fractions of points are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Down.
    Floor,
    /// To the nearest; half goes up.
    HalfUp,
    /// To the nearest; half goes to the even neighbour.
    HalfEven,
}

impl Program {
    /// The rules for its points.
    pub fn policies(&self) -> Policies {
        Policies {
            spending: SpendingLimits {
                minimum: self.minimum_redemption,
                ..SpendingLimits::default()
            },
            ..Policies::default()
        }
    }

    /// The wallet that is meant where none is named.
    pub fn first_wallet(&self) -> Result<WalletId, WalletIdError> {
        WalletId::parse(&self.point_currency)
    }

    /// Whether it has such a point currency.
    pub fn has_wallet(&self, wallet_id: WalletId) -> bool {
        wallet_id.as_str() == self.point_currency
    }

    /// The points that a basket of this value is worth: exact to the end, then rounded once.
    pub fn points_for(&self, basket: Money) -> Result<Points, LedgerError> {
        // Neither the product of two i64 nor ten to the power of 4 comes near the ends of i128.
        let exact = i128::from(basket.minor) * i128::from(self.points_per_currency_unit);
        let unit = 10_i128.pow(basket.currency.exponent());
        let rounded = self.rounding.divide(exact, unit);
        i64::try_from(rounded)
            .map(Points::new)
            .map_err(|_| LedgerError::Overflow)
    }
}

impl Rounding {
    /// The rounded quotient. The divisor is above 0.
    fn divide(self, dividend: i128, divisor: i128) -> i128 {
        let down = dividend.div_euclid(divisor);
        let twice_the_rest = 2 * dividend.rem_euclid(divisor);
        let up = match self {
            Self::Floor => false,
            Self::HalfUp => twice_the_rest >= divisor,
            Self::HalfEven if twice_the_rest == divisor => down.rem_euclid(2) == 1,
            Self::HalfEven => twice_the_rest > divisor,
        };
        down + i128::from(up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;
    use crate::domain::testing::program;

    fn points(rounding: Rounding, rate: i64, code: &str, minor: i64) -> i64 {
        let program = Program {
            rounding,
            points_per_currency_unit: rate,
            ..program()
        };
        let currency = Currency::parse(code).unwrap();
        program.points_for(Money { currency, minor }).unwrap().get()
    }

    #[test]
    fn a_point_for_each_whole_unit_whatever_the_currency_counts_in() {
        assert_eq!(points(Rounding::Floor, 1, "GBP", 1_530), 15);
        assert_eq!(points(Rounding::Floor, 1, "GBP", 1_599), 15);
        assert_eq!(points(Rounding::Floor, 1, "JPY", 1_599), 1_599);
        assert_eq!(points(Rounding::Floor, 1, "BHD", 1_599), 1);
        assert_eq!(points(Rounding::Floor, 1, "CLF", 15_999), 1);
        assert_eq!(points(Rounding::Floor, 3, "EUR", 50), 1);
    }

    #[test]
    fn halves_go_where_the_program_says() {
        let halves = [50, 150, 250, 249, 251];
        let rounded = |rounding| halves.map(|minor| points(rounding, 1, "EUR", minor));
        assert_eq!(rounded(Rounding::Floor), [0, 1, 2, 2, 2]);
        assert_eq!(rounded(Rounding::HalfUp), [1, 2, 3, 2, 3]);
        assert_eq!(rounded(Rounding::HalfEven), [0, 2, 2, 2, 3]);
    }

    #[test]
    fn more_points_than_the_ledger_can_count_are_an_error() {
        let program = Program {
            points_per_currency_unit: i64::MAX,
            ..program()
        };
        let basket = Money {
            currency: Currency::parse("JPY").unwrap(),
            minor: i64::MAX,
        };
        assert_eq!(program.points_for(basket), Err(LedgerError::Overflow));
    }
}
