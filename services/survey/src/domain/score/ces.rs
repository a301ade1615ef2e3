use super::Ratings;
use super::interval::{Estimate, real};
use super::student;

/// Customer effort: the mean of 1 to 7, with Student's t interval. Needs two ratings or more.
pub(super) fn estimate(ratings: &Ratings) -> Estimate {
    let count = real(ratings.count());
    let mean = ratings
        .iter()
        .map(|(rating, n)| f64::from(rating) * real(n))
        .sum::<f64>()
        / count;
    let squares: f64 = ratings
        .iter()
        .map(|(rating, n)| (f64::from(rating) - mean).powi(2) * real(n))
        .sum();
    let freedom = count - 1.0;
    let standard_error = (squares / freedom / count).sqrt();
    Estimate::around(
        mean,
        mean,
        student::quantile(freedom) * standard_error,
        (1.0, 7.0),
    )
}
