/// The confidence level of every interval.
pub(crate) const LEVEL: f64 = 0.95;

/// The 97.5 % quantile of the normal distribution: an interval of [`LEVEL`] leaves 2.5 % out on
/// either side.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A figure and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Estimate {
    /// The interval `centre ± reach`, cut off at the ends of the scale: what lies beyond cannot be
    /// true.
    pub(super) fn around(
        value: f64,
        centre: f64,
        reach: f64,
        (floor, ceiling): (f64, f64),
    ) -> Self {
        // The value is inside by arithmetic; rounding alone could push it out.
        let lower = (centre - reach).max(floor).min(value);
        let upper = (centre + reach).min(ceiling).max(value);
        Self {
            value,
            lower,
            upper,
        }
    }
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 answers")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}
