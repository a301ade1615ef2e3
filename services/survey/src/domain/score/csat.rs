use super::Classes;
use super::interval::{Estimate, Z, real};

/// Customer satisfaction: the share of the top boxes in percent, with the Wilson score interval
/// (E. B. Wilson, Journal of the American Statistical Association 22, 1927).
pub(super) fn estimate(classes: &Classes) -> Estimate {
    let count = real(classes.count());
    let share = real(classes.promoters) / count;
    let z_square = Z * Z;
    let shrink = 1.0 + z_square / count;
    let centre = (share + z_square / (2.0 * count)) / shrink;
    let spread = share * (1.0 - share) / count + z_square / (4.0 * count * count);
    let reach = Z * spread.sqrt() / shrink;
    Estimate::around(share * 100.0, centre * 100.0, reach * 100.0, (0.0, 100.0))
}
