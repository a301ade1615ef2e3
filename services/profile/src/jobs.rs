//! What profile does because time passes, or because it was left for later. Each task runs in every
//! replica; what must be done once is locked in the database.

use chassis::Service;
use retention::Removers;

use crate::app::{App, segments};
use crate::metrics::{Memberships, Rotation};

/// Adds every job of the role.
pub(crate) fn begin(service: Service, app: &App, removers: Removers) -> Service {
    let metrics = Memberships::register(service.metrics());
    let (keeping, undoing) = (app.clone(), app.clone());
    let (making, reminding) = (app.clone(), app.clone());
    let (retaining, rotating) = (app.clone(), app.clone());
    let (sealing, rotation) = (app.clone(), Rotation::register(service.metrics()));
    service
        .task("segments", move |stop| {
            segments::keep(keeping.clone(), metrics.clone(), stop)
        })
        .task("undo-imports", move |stop| {
            undoing.clone().keep_undoing(stop)
        })
        .task("interaction-months", move |stop| {
            making.clone().keep_making_months(stop)
        })
        .task("retention", move |stop| {
            retaining.clone().keep_retaining(removers.clone(), stop)
        })
        .task("index-key-rotation", move |stop| {
            rotating.clone().keep_rotating(rotation.clone(), stop)
        })
        .task("remarks", move |stop| {
            sealing.clone().keep_sealing_remarks(stop)
        })
        .task("erasure-reminders", move |stop| {
            reminding.clone().remind(stop)
        })
}
