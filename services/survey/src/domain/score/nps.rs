use super::Classes;
use super::interval::{Estimate, Z, real};

/// Net promoter score, −100 to 100, with the adjusted Wald interval.
///
/// The plain Wald interval covers too little when answers are few or nearly all alike. Adding ¾ of
/// an answer to promoters and to detractors and 3 answers in all mends that (B. Rocks, "Interval
/// estimation for the Net Promoter Score", The American Statistician 70, 2016). The value itself is
/// not adjusted.
pub(super) fn estimate(classes: &Classes) -> Estimate {
    let count = real(classes.count());
    let value = (real(classes.promoters) - real(classes.detractors)) / count;

    let adjusted_count = count + 3.0;
    let promoters = (real(classes.promoters) + 0.75) / adjusted_count;
    let detractors = (real(classes.detractors) + 0.75) / adjusted_count;
    let centre = promoters - detractors;
    let variance = (promoters + detractors - centre * centre) / adjusted_count;
    let reach = Z * variance.sqrt();

    Estimate::around(
        value * 100.0,
        centre * 100.0,
        reach * 100.0,
        (-100.0, 100.0),
    )
}
