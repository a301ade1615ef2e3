use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use axum::response::IntoResponse;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tonic_health::server::HealthReporter;

use crate::audit::Auditor;
use crate::health::{Check, CheckKind};
use crate::issuers::KeyWatch;
use crate::metrics::Registry;
use crate::records::{Guard, Named, Owner, Resource};
use crate::tasks::Task;
use crate::{Clock, Refusal};

/// What a role consists of; [`crate::serve`] runs it.
///
/// ```no_run
/// # async fn example(
/// #     config: &chassis::config::Config,
/// #     feed: impl contract::patron::events::v1::event_feed_service_server::EventFeedService,
/// # ) -> Result<(), chassis::ServeError> {
/// use contract::patron::events::v1::event_feed_service_server::EventFeedServiceServer;
///
/// let service = chassis::Service::new("profile", chassis::Clock::system())
///     .grpc(chassis::tuned!(EventFeedServiceServer::new(feed)))
///     .task("purge", |stop| async move { stop.cancelled().await })
///     .ready("database", || async { Ok::<_, std::io::Error>(()) });
/// let running = chassis::serve(service, config, chassis::shutdown_signal()).await?;
/// running.stopped().await;
/// # Ok(())
/// # }
/// ```
pub struct Service {
    pub(crate) name: Arc<str>,
    pub(crate) clock: Clock,
    pub(crate) routes: RoutesBuilder,
    pub(crate) grpc: Vec<&'static str>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) checks: Vec<Check>,
    pub(crate) closers: Vec<Closer>,
    pub(crate) reporters: Vec<HealthReporter>,
    pub(crate) metrics: Registry,
    pub(crate) guard: Guard,
    pub(crate) auditor: Option<Arc<dyn Auditor>>,
}

/// Lets go of something at the very end.
pub(crate) struct Closer {
    pub(crate) name: &'static str,
    pub(crate) close: BoxFuture<'static, ()>,
}

impl Service {
    /// A role that does nothing yet. The name is the one in logs and metrics, and in the tokens of
    /// its calls to others.
    pub fn new(name: &str, clock: Clock) -> Self {
        Self {
            name: Arc::from(name),
            clock,
            routes: Routes::builder(),
            grpc: Vec::new(),
            tasks: Vec::new(),
            checks: Vec::new(),
            closers: Vec::new(),
            reporters: Vec::new(),
            metrics: Registry::new(name),
            guard: Guard::default(),
            auditor: None,
        }
    }

    /// Serves a gRPC service. Wrap it in [`crate::tuned!`] for compression and size limits.
    #[must_use]
    pub fn grpc<S>(mut self, server: S) -> Self
    where
        S: tower::Service<http::Request<Body>, Error = Infallible, Response: IntoResponse>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(server);
        self.grpc.push(S::NAME);
        self
    }

    /// Asks this about the customers that a request names when its caller may see some customers alone. Without
    /// it, such callers may call no method that is about customers.
    #[must_use]
    pub fn records<F>(mut self, admit: impl Fn(Named) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        self.guard.admitting(admit);
        self
    }

    /// Asks this whose the other things are that such a request names. It leaves out what it knows nothing of, and
    /// refuses what there is not.
    #[must_use]
    pub fn owners<F>(mut self, owners: impl Fn(Vec<Resource>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<Owner>, Refusal>> + Send + 'static,
    {
        self.guard.owning(owners);
        self
    }

    /// Runs a background task from the start of the role until its token is cancelled. A task that
    /// panics or ends before is begun again after a while.
    #[must_use]
    pub fn task<F>(
        mut self,
        name: &'static str,
        run: impl Fn(CancellationToken) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push(Task::new(name, run));
        self
    }

    /// The role is ready only while this passes. Asked about once a second, within a bound.
    #[must_use]
    pub fn ready<F, E>(
        mut self,
        name: &'static str,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.checks.push(Check::new(name, CheckKind::Ready, probe));
        self
    }

    /// The process is to be killed when this fails: for what only a restart cures.
    #[must_use]
    pub fn alive<F, E>(
        mut self,
        name: &'static str,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.checks.push(Check::new(name, CheckKind::Alive, probe));
        self
    }

    /// Keeps keys of issuers as they are published while the role runs. It is not ready while keys are missing
    /// that may come any moment.
    #[must_use]
    pub fn following(self, keys: KeyWatch) -> Self {
        let probed = keys.clone();
        self.ready("issuers", move || std::future::ready(probed.ready()))
            .task("keys", move |stop| keys.clone().run(stop))
    }

    /// Lets go of a connection or pool when all calls and tasks have ended.
    #[must_use]
    pub fn closing(
        mut self,
        name: &'static str,
        close: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.closers.push(Closer {
            name,
            close: close.boxed(),
        });
        self
    }

    /// Tells a gRPC health service, too, whether the role is ready: for a handler of
    /// [`crate::serve_http`] that has one. [`crate::serve`] serves one by itself.
    #[must_use]
    pub fn health_reporter(mut self, reporter: HealthReporter) -> Self {
        self.reporters.push(reporter);
        self
    }

    /// Has calls put on record before their answers leave.
    #[must_use]
    pub fn audited(mut self, auditor: Arc<dyn Auditor>) -> Self {
        self.auditor = Some(auditor);
        self
    }

    /// Where the role registers metrics of its own.
    pub fn metrics(&self) -> &Registry {
        &self.metrics
    }
}

/// Largest message that is accepted, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A generated gRPC server with what all of ours have: gzip in both directions for clients that
/// ask for it, and the limit on the size of a message.
#[macro_export]
macro_rules! tuned {
    ($server:expr) => {
        $server
            .accept_compressed($crate::CompressionEncoding::Gzip)
            .send_compressed($crate::CompressionEncoding::Gzip)
            .max_decoding_message_size($crate::MAX_MESSAGE_BYTES)
    };
}
