//! The life of a role: serve, drain, stop.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::health::{Health, HealthState};
use crate::listener::Listener;
use crate::serve::Drained;
use crate::service::Closer;
use crate::tasks::Task;

/// How long each connection or pool may take to be let go at the very end.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// A role, ready to run.
pub(crate) struct Role {
    pub(crate) name: Arc<str>,
    pub(crate) grpc: Vec<&'static str>,
    pub(crate) health: Health,
    pub(crate) reporters: Vec<HealthReporter>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) closers: Vec<Closer>,
    pub(crate) notice: Duration,
    pub(crate) bound: Duration,
}

impl Role {
    /// Serves until told to stop, and then drains. The order matters:
    /// 1. "not ready", so that nobody sends new work; calls are still accepted for a while,
    /// 2. tasks stop claiming work, connections are told to go, calls finish,
    /// 3. at the bound, what is left is cut off,
    /// 4. pools are closed, when nothing uses them any more.
    pub(crate) async fn run<F>(
        self,
        listener: Listener,
        answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        admin: JoinHandle<()>,
        shutdown: CancellationToken,
    ) -> Drained
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let checking = CancellationToken::new();
        let draining = CancellationToken::new();
        for reporter in self.reporters {
            // Said before the first call can ask: until it has been checked, the role is not ready.
            tell(&reporter, &self.grpc, false).await;
            tokio::spawn(report(self.health.subscribe(), reporter, self.grpc.clone()));
        }
        tokio::spawn(self.health.clone().run(checking.clone()));
        let tasks = start(self.tasks, &self.name, &draining);
        // In a box, because hyper and tokio move a call's future several times before it runs, and
        // that of a whole stack is large.
        let answer = service_fn(move |request| answer(request).map(Ok).boxed());
        let connections = tokio::spawn(listener.serve(answer, draining.clone()));

        shutdown.cancelled().await;
        tracing::info!(service = %self.name, "draining");
        self.health.begin_drain();
        tokio::time::sleep(self.notice).await;
        draining.cancel();
        let (connections_cut, tasks_cut) = tokio::join!(connections, finish(tasks, self.bound));
        checking.cancel();
        close(self.closers).await;
        admin.abort();
        let drained = Drained {
            connections_cut: connections_cut.unwrap_or_default(),
            tasks_cut,
        };
        tracing::info!(service = %self.name, ?drained, "stopped");
        drained
    }
}

/// Tells the health service each change of the role's state.
async fn report(
    mut changes: watch::Receiver<HealthState>,
    reporter: HealthReporter,
    services: Vec<&'static str>,
) {
    loop {
        let is_ready = changes.borrow_and_update().is_ready();
        tell(&reporter, &services, is_ready).await;
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Tells it for the whole role and for each of its services.
async fn tell(reporter: &HealthReporter, services: &[&'static str], is_ready: bool) {
    let status = if is_ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    };
    for service in services.iter().copied().chain([""]) {
        reporter.set_service_status(service, status).await;
    }
}

fn start(tasks: Vec<Task>, service: &Arc<str>, stop: &CancellationToken) -> JoinSet<()> {
    let supervised = |task: Task| task.supervise(Arc::clone(service), stop.clone());
    tasks.into_iter().map(supervised).collect()
}

/// Waits for the tasks to end; aborts them at the bound and says how many.
async fn finish(mut tasks: JoinSet<()>, bound: Duration) -> usize {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(bound, all).await.is_ok() {
        return 0;
    }
    let left = tasks.len();
    tasks.shutdown().await;
    left
}

async fn close(closers: Vec<Closer>) {
    for closer in closers {
        if tokio::time::timeout(CLOSE_BOUND, closer.close)
            .await
            .is_err()
        {
            tracing::warn!(name = closer.name, "could not be closed in time");
        }
    }
}
