//! What the admin port tells about the index.

use prometheus_client::metrics::gauge::Gauge;

use crate::domain::Index;

/// Gauges of the index. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Metrics {
    baskets: Gauge,
    products: Gauge,
}

impl Metrics {
    /// Registers the gauges of a role.
    pub(crate) fn register(registry: &chassis::metrics::Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "recommendation_index_baskets",
            "Baskets that recommendations are computed from",
            metrics.baskets.clone(),
        );
        registry.register(
            "recommendation_index_products",
            "Products that the index knows",
            metrics.products.clone(),
        );
        metrics
    }

    /// Shows the size of the index.
    pub(crate) fn show(&self, index: Option<&Index>) {
        let Some(index) = index else { return };
        self.baskets
            .set(i64::try_from(index.basket_count()).unwrap_or(i64::MAX));
        self.products
            .set(i64::try_from(index.product_count()).unwrap_or(i64::MAX));
    }
}
