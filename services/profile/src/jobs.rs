//! What profile does because time passes, or because it was left for later. Each task runs in every
//! replica; what must be done once is locked in the database.

use chassis::Service;

use crate::app::{App, segments};
use crate::metrics::Memberships;

/// Adds every job of the role.
pub(crate) fn begin(service: Service, app: &App) -> Service {
    let metrics = Memberships::register(service.metrics());
    let keeping = app.clone();
    service.task("segments", move |stop| {
        segments::keep(keeping.clone(), metrics.clone(), stop)
    })
}
