//! What a sample tells about all.

/// How many of all there are likely to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    pub(crate) likely: u64,
    /// At 95 % confidence.
    pub(crate) least: u64,
    pub(crate) most: u64,
}

/// 1.96² and 10,000 in ten-thousandths.
const Z_SQUARED: u128 = 38_416;
const ONE: u128 = 10_000;

/// Of `all` there are so many when there are `hits` among `looked_at` that were drawn at random:
/// Wilson's score interval (Wilson, 1927), whose bounds also hold for few hits and small samples, and
/// never contradict what was seen.
pub(crate) fn estimate(hits: u32, looked_at: u32, all: u64) -> Estimate {
    let (hits, looked_at) = (u64::from(hits.min(looked_at)), u64::from(looked_at));
    let all = all.max(looked_at);
    if looked_at == 0 || looked_at == all {
        let least = if looked_at == all { hits } else { 0 };
        let most = if looked_at == all { hits } else { all };
        return Estimate {
            likely: hits,
            least,
            most,
        };
    }
    let (s, n, whole) = (u128::from(hits), u128::from(looked_at), u128::from(all));
    let centre = 2 * ONE * s + Z_SQUARED;
    let spread = Z_SQUARED * Z_SQUARED + Z_SQUARED * ONE * 4 * s * (n - s) / n;
    let half = spread.isqrt() + 1;
    let scale = 2 * (ONE * n + Z_SQUARED);
    let least = centre.saturating_sub(half) * whole / scale;
    let most = ((centre + half) * whole).div_ceil(scale);
    let fits = |number: u128| u64::try_from(number).unwrap_or(all);
    let misses = looked_at - hits;
    Estimate {
        likely: fits((2 * s * whole + n) / (2 * n)),
        least: fits(least).max(hits),
        most: fits(most).min(all - misses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_literature() {
        // 20 of 100: 13.3 % to 28.9 %; 0 of 20: 0 to 16.1 %.
        let twenty = estimate(20, 100, 1_000_000);
        assert_eq!(twenty.likely, 200_000);
        assert!((133_000..=133_700).contains(&twenty.least), "{twenty:?}");
        assert!((288_500..=289_300).contains(&twenty.most), "{twenty:?}");
        let none = estimate(0, 20, 1_000);
        assert_eq!((none.likely, none.least), (0, 0));
        assert!((161..=163).contains(&none.most), "{none:?}");
    }

    #[test]
    fn who_looks_at_all_knows() {
        let all = estimate(7, 50, 50);
        assert_eq!((all.likely, all.least, all.most), (7, 7, 7));
        let nobody = estimate(0, 0, 0);
        assert_eq!((nobody.likely, nobody.least, nobody.most), (0, 0, 0));
        for hits in 0..=49 {
            let some = estimate(hits, 49, 50);
            assert!(
                some.least <= some.likely && some.likely <= some.most,
                "{some:?}"
            );
        }
    }
}
