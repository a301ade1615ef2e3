use std::cmp::Reverse;

use super::{Index, ProductView};

/// The 97.5 % quantile of the standard normal distribution: two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// What goes with a product.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Together<'a> {
    /// The product that was asked for.
    pub(crate) product: ProductView<'a>,
    /// The others, best first.
    pub(crate) associations: Vec<Association<'a>>,
    /// Baskets that this was computed from.
    pub(crate) total_basket_count: u64,
}

/// A product that was bought together with another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Association<'a> {
    /// The other product.
    pub(crate) product: ProductView<'a>,
    /// Baskets with both: n(XY).
    pub(crate) basket_count: u64,
    /// n(XY)/n.
    pub(crate) support: f64,
    /// n(XY)/n(X).
    pub(crate) confidence: f64,
    /// Lower bound of the 95 % Wilson interval of the confidence.
    pub(crate) confidence_lower: f64,
    /// n(XY)·n/(n(X)·n(Y)).
    pub(crate) lift: f64,
}

/// Products by how many baskets hold them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Popularity<'a> {
    /// The products, most baskets first.
    pub(crate) products: Vec<ProductView<'a>>,
    /// Baskets that this was computed from.
    pub(crate) total_basket_count: u64,
}

impl Index {
    /// The at most `limit` products that are in a basket together with this one more often than by
    /// chance and at least `min_basket_count` times, by the lower bound of their confidence.
    /// `None` when no basket holds the product.
    pub(crate) fn bought_together(
        &self,
        product_id: &str,
        min_basket_count: u64,
        limit: usize,
    ) -> Option<Together<'_>> {
        let number = self.find(product_id)?;
        let product = self.product(number)?;
        let total = self.basket_count();
        let counts = self.together_counts(number);
        let candidates = self.products().zip(counts).filter(|(other, both)| {
            other.id != product.id
                && u64::from(*both) >= min_basket_count.max(1)
                && is_lifted(
                    u64::from(*both),
                    product.basket_count,
                    other.basket_count,
                    total,
                )
        });
        // With n(X) fixed the Wilson bound rises with n(XY), so the order can be decided on
        // integers, where equal means equal.
        let best = first(candidates.collect(), limit, |(other, both)| {
            (Reverse(*both), other.id)
        });
        let associations = best
            .into_iter()
            .map(|(other, both)| associate(product, other, u64::from(both), total))
            .collect();
        Some(Together {
            product,
            associations,
            total_basket_count: total,
        })
    }

    /// The at most `limit` products in most baskets; ties by product id.
    pub(crate) fn popular(&self, limit: usize) -> Popularity<'_> {
        let sold = self
            .products()
            .filter(|product| product.basket_count > 0)
            .collect();
        let products = first(sold, limit, |product| {
            (Reverse(product.basket_count), product.id)
        });
        Popularity {
            products,
            total_basket_count: self.basket_count(),
        }
    }
}

/// Whether n(XY)/n > n(X)/n · n(Y)/n, in integers.
fn is_lifted(both: u64, with_x: u64, with_y: u64, total: u64) -> bool {
    u128::from(both) * u128::from(total) > u128::from(with_x) * u128::from(with_y)
}

fn associate<'a>(
    product: ProductView<'a>,
    other: ProductView<'a>,
    basket_count: u64,
    total: u64,
) -> Association<'a> {
    let [both, with_x, with_y, all] = [
        basket_count,
        product.basket_count,
        other.basket_count,
        total,
    ]
    .map(to_float);
    Association {
        product: other,
        basket_count,
        support: both / all,
        confidence: both / with_x,
        confidence_lower: wilson_lower(both, with_x),
        lift: (both * all) / (with_x * with_y),
    }
}

/// Lower bound of the 95 % score interval of a share (Wilson 1927). `trials` is at least 1.
fn wilson_lower(successes: f64, trials: f64) -> f64 {
    let share = successes / trials;
    let z2 = Z * Z;
    let centre = share + z2 / (2.0 * trials);
    let margin = Z * (share * (1.0 - share) / trials + z2 / (4.0 * trials * trials)).sqrt();
    ((centre - margin) / (1.0 + z2 / trials)).max(0.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of baskets stay far below 2^53"
)]
fn to_float(count: u64) -> f64 {
    count as f64
}

/// The `limit` smallest by `key`, in order, without sorting the rest.
fn first<T, K: Ord>(mut all: Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Vec<T> {
    if limit < all.len() {
        all.select_nth_unstable_by_key(limit, &key);
        all.truncate(limit);
    }
    all.sort_unstable_by_key(key);
    all
}
