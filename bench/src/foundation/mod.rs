//! The mechanisms that everything stands on: calls, events, import.

mod import;
pub(crate) mod reads;

use std::path::Path;

use crate::processes::{Binary, Cluster};
use crate::report::Report;

/// Measures on one cluster, one thing after the other.
pub(crate) async fn measure(
    binary: &Binary,
    orders: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let cluster = Cluster::start(binary).await?;
    reads::measure(&cluster, report).await?;
    import::at_full_speed(binary, &cluster, orders, report).await?;
    drop(cluster);
    let cluster = Cluster::start(binary).await?;
    import::as_the_demo(binary, &cluster, orders, report).await
}
