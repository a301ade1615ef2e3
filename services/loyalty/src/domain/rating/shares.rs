use std::cmp::Reverse;

/// Shares a whole number out by weights, by largest remainder (Hare's method): each gets the whole
/// part of its exact share, and what is left goes, one each, to those whose rest is largest; of equal
/// ones to the earlier. The shares add up to `total`. Weights are not below 0; if all are 0 they
/// count as equal. Nobody to share with: no shares.
pub fn shares(total: i64, weights: &[i128]) -> Vec<i64> {
    let sum: i128 = weights.iter().sum();
    if sum <= 0 {
        let equal = vec![1; weights.len()];
        return if weights.is_empty() {
            Vec::new()
        } else {
            shares(total, &equal)
        };
    }
    let exact = |weight: &i128| i128::from(total).saturating_mul(*weight);
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|weight| i64::try_from(exact(weight).div_euclid(sum)).unwrap_or(total))
        .collect();
    let mut left = total - parts.iter().sum::<i64>();
    let mut by_rest: Vec<usize> = (0..weights.len()).collect();
    let rest = |place: &usize| {
        weights
            .get(*place)
            .map(|weight| exact(weight).rem_euclid(sum))
    };
    by_rest.sort_by_key(|place| Reverse(rest(place)));
    for place in by_rest {
        if left == 0 {
            break;
        }
        if let Some(part) = parts.get_mut(place) {
            *part += 1;
            left -= 1;
        }
    }
    parts
}
