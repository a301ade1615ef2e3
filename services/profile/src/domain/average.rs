//! Averages of amounts.

/// `sum / count`, rounded half to even; both not negative. Zero for no items.
pub(crate) fn half_to_even(sum: i64, count: i64) -> i64 {
    let (Some(quotient), Some(remainder)) = (sum.checked_div(count), sum.checked_rem(count)) else {
        return 0;
    };
    let doubled = i128::from(remainder) * 2;
    let up = doubled > i128::from(count) || (doubled == i128::from(count) && quotient % 2 != 0);
    quotient.saturating_add(i64::from(up))
}

#[cfg(test)]
mod tests {
    use super::half_to_even;

    #[test]
    fn an_average_is_rounded_half_to_even() {
        let cases = [
            (5, 2, 2),
            (7, 2, 4),
            (10, 3, 3),
            (11, 3, 4),
            (0, 5, 0),
            (9, 0, 0),
        ];
        for (sum, count, average) in cases {
            assert_eq!(half_to_even(sum, count), average, "{sum}/{count}");
        }
        assert_eq!(half_to_even(i64::MAX, 1), i64::MAX);
    }
}
