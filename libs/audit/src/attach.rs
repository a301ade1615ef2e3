use std::sync::Arc;

use ::contract::patron::audit::v1::audit_service_server::AuditServiceServer;
use chassis::{Context, Service};
use postgres::Database;
use seal::Keyring;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::writer::PLACES;
use crate::{AuditServer, Recorder, Writer, upkeep};

/// Adds the record to the role of this name, in its database and under a key of this keyring: its calls are put on record
/// before they are answered, and it serves the record. To be called before anything else is registered to be closed: what waits is written at the
/// very end, and needs the pool. Runs within a tokio runtime.
#[must_use]
pub fn attach(
    service: Service,
    name: &'static str,
    (db, keyring): (&Database, &Keyring),
    context: &Context,
) -> Service {
    let (clock, tokens) = (context.clock.clone(), context.pages.clone());
    let kept = (db.clone(), keyring.clone());
    let metrics = Metrics::default();
    metrics.register(service.metrics());
    let (places, queue) = mpsc::channel(PLACES);
    let recorder = Recorder::new(places, clock.clone(), metrics.clone());
    let writer = Writer::new(kept.clone(), clock, metrics, queue);
    let stop = CancellationToken::new();
    let writing = tokio::spawn(writer.run(stop.clone()));
    let is_writing = writing.abort_handle();
    let server = AuditServer::new(name, kept, tokens);
    let upkept = db.clone();
    service
        .grpc(chassis::tuned!(AuditServiceServer::new(server)))
        .audited(Arc::new(recorder))
        .alive("audit", move || {
            let is_over = is_writing.is_finished().then_some(WriterGone);
            std::future::ready(is_over.map_or(Ok(()), Err))
        })
        .task("audit", move |stop| upkeep::run(upkept.clone(), stop))
        .closing("audit", finish(stop, writing))
}

/// Writes what still waits, when no call is under way any more.
async fn finish(stop: CancellationToken, writing: JoinHandle<()>) {
    stop.cancel();
    if let Err(error) = writing.await {
        tracing::error!(%error, "the writer of the record has broken off");
    }
}

/// Nothing can be put on record any more, so nothing that needs it can be answered.
#[derive(Debug, thiserror::Error)]
#[error("the writer of the record has ended")]
struct WriterGone;
