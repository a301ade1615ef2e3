use super::Points;

/// Weights that nothing can be apportioned by, or less than nothing to apportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApportionError {
    /// A weight is below 0, or all of them are 0.
    #[error("the weights are no shares of a whole")]
    Weights,
    /// The points are below 0.
    #[error("{amount} is no number of points")]
    Negative {
        /// The points.
        amount: Points,
    },
}

/// Splits points by weights so that the shares add up to them: each gets the whole part of its
/// quota, and what is left goes, one by one, to the largest fractions, among equals to the first
/// (largest remainder, Hamilton's method).
pub fn apportion(points: Points, weights: &[i64]) -> Result<Vec<Points>, ApportionError> {
    if points < Points::ZERO {
        return Err(ApportionError::Negative { amount: points });
    }
    let whole: i128 = weights.iter().copied().map(i128::from).sum();
    if whole <= 0 || weights.iter().any(|weight| *weight < 0) {
        return Err(ApportionError::Weights);
    }
    // The product of two i64 is far from the ends of i128, and a quota is at most the points.
    let dividend = |weight: i64| i128::from(points.get()) * i128::from(weight);
    let floor = |weight: i64| i64::try_from(dividend(weight) / whole).unwrap_or_default();
    let mut shares: Vec<i64> = weights.iter().map(|weight| floor(*weight)).collect();
    let left = points.get() - shares.iter().sum::<i64>();

    let mut places: Vec<usize> = (0..weights.len()).collect();
    let fraction = |place: &usize| weights.get(*place).map(|weight| dividend(*weight) % whole);
    places.sort_by_key(|place| std::cmp::Reverse(fraction(place))); // stable: the first of equals
    for place in places
        .into_iter()
        .take(usize::try_from(left).unwrap_or_default())
    {
        if let Some(share) = shares.get_mut(place) {
            *share += 1;
        }
    }
    Ok(shares.into_iter().map(Points::new).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares(points: i64, weights: &[i64]) -> Vec<i64> {
        let shares = apportion(Points::new(points), weights).unwrap();
        shares.into_iter().map(Points::get).collect()
    }

    #[test]
    fn what_is_left_goes_to_the_largest_fractions_and_among_equals_to_the_first() {
        assert_eq!(shares(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(shares(10, &[1, 2, 4]), [1, 3, 6]);
        assert_eq!(shares(1, &[0, 1, 1]), [0, 1, 0]);
        assert_eq!(shares(0, &[5]), [0]);
        assert_eq!(shares(i64::MAX, &[i64::MAX, i64::MAX])[0], i64::MAX / 2 + 1);
    }

    #[test]
    fn weights_that_are_no_shares_are_refused() {
        for weights in [&[][..], &[0, 0], &[2, -1]] {
            let refusal = apportion(Points::new(1), weights).unwrap_err();
            assert_eq!(refusal, ApportionError::Weights);
        }
        let amount = Points::new(-1);
        let refusal = apportion(amount, &[1]).unwrap_err();
        assert_eq!(refusal, ApportionError::Negative { amount });
    }

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_a_point_away_from_its_quota(
            points in 0..i64::MAX,
            weights in prop::collection::vec(0..i64::MAX, 1..20),
        ) {
            let whole: i128 = weights.iter().copied().map(i128::from).sum();
            prop_assume!(whole > 0);
            let shares = shares(points, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), points);
            for (share, weight) in shares.into_iter().zip(weights) {
                let exact = i128::from(points) * i128::from(weight);
                let distance = i128::from(share) * whole - exact;
                prop_assert!(distance.abs() < whole);
            }
        }
    }
}
