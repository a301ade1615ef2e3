//! What a customer gets back for some pieces of a line when the selling system does not say.

/// A line's price and how much of it is back already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Pieces bought, at least 1.
    pub(crate) quantity: i64,
    /// Minor units paid for all of them.
    pub(crate) amount: i64,
    /// What came back earlier.
    pub(crate) before: Returned,
}

/// Pieces that came back, and what was paid back for them in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) quantity: i64,
    pub(crate) refund: i64,
}

/// The line's amount in proportion to the pieces, in minor units.
///
/// The exact share lies between two whole units; taken is the one that brings all that was refunded
/// nearest to the share of all pieces returned (largest remainder). So however a line is returned,
/// all its pieces together give exactly its amount. Earlier refunds that the selling system set
/// otherwise, for example less for damaged goods, leave the proportion of later ones as it is, but
/// never is more refunded than was paid.
pub(crate) fn proportional(line: Line, pieces: i64) -> i64 {
    let amount = i128::from(line.amount);
    let quantity = i128::from(line.quantity.max(1));
    let exact = amount * i128::from(pieces);
    let (low, high) = (exact / quantity, (exact + quantity - 1) / quantity);
    let returned = i128::from(line.before.quantity) + i128::from(pieces);
    let share_of_all = (2 * amount * returned + quantity) / (2 * quantity);
    let refunded = i128::from(line.before.refund);
    let refund = (share_of_all - refunded)
        .clamp(low, high)
        .min(amount - refunded);
    // Within 0 and the amount, so it always fits.
    i64::try_from(refund).unwrap_or(line.amount)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the pieces in these portions; answers the refund of each.
    fn refunds(quantity: i64, amount: i64, portions: &[i64]) -> Vec<i64> {
        let mut before = Returned::default();
        let refund = |pieces: &i64| {
            let refund = proportional(
                Line {
                    quantity,
                    amount,
                    before,
                },
                *pieces,
            );
            before.quantity += pieces;
            before.refund += refund;
            refund
        };
        portions.iter().map(refund).collect()
    }

    #[test]
    fn thirds_of_a_pound_add_up_to_the_pound() {
        assert_eq!(refunds(3, 100, &[1, 1, 1]), [33, 34, 33]);
        assert_eq!(refunds(3, 100, &[2, 1]), [67, 33]);
    }

    #[test]
    fn a_refund_that_was_rounded_elsewhere_is_completed_and_one_that_was_reduced_is_not() {
        let line = |quantity, refund| Line {
            quantity: 3,
            amount: 100,
            before: Returned { quantity, refund },
        };
        assert_eq!(proportional(line(2, 66), 1), 34, "33 + 33 + 34");
        assert_eq!(proportional(line(2, 68), 1), 32, "34 + 34 leave 32");
        assert_eq!(
            proportional(line(1, 20), 2),
            67,
            "a fee on the first piece stays a fee"
        );
        assert_eq!(proportional(line(1, 90), 2), 10, "never more than was paid");
    }

    #[test]
    fn the_largest_line_does_not_overflow() {
        let quantity = 1_000_000_000;
        let refunds = refunds(quantity, i64::MAX, &[1, quantity - 2, 1]);
        assert_eq!(refunds.iter().sum::<i64>(), i64::MAX);
    }

    proptest! {
        #[test]
        fn pieces_add_up_exactly_and_what_is_back_does_not_depend_on_the_portions(
            portions in prop::collection::vec(1_i64..1_000_000, 1..12),
            unreturned in 0_i64..1_000_000,
            amount in 0_i64..=i64::MAX,
        ) {
            let returned: i64 = portions.iter().sum();
            let quantity = returned + unreturned;
            let back: i64 = refunds(quantity, amount, &portions).iter().sum();
            prop_assert_eq!(back, refunds(quantity, amount, &[returned])[0]);
            let rest = if unreturned == 0 { 0 } else {
                let before = Returned { quantity: returned, refund: back };
                proportional(Line { quantity, amount, before }, unreturned)
            };
            prop_assert_eq!(back + rest, amount);
        }
    }
}
