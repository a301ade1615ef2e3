//! What every call passes on its way to a handler.

mod admit;
mod body;
mod complete;
mod frames;
mod measure;
mod panics;
mod record;
mod resolve;
mod scoped;
mod shed;
mod time_limit;
mod vouch;

use std::sync::Arc;

use access::{Method, MethodRules, Roles};
use http::{HeaderName, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::{Layer, Service as _, ServiceBuilder};

use crate::audit::Auditor;
use crate::config::ServerConfig;
use crate::metrics::Registry;
use crate::{Clock, KeyWatch, Refusal};

pub(crate) use admit::ORIGIN;

/// The header or trailer that says how a call ended. Names of headers are constants of their own
/// type: looking up a `&str` would check and hash it each time.
const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// What the steps are made of.
pub(crate) struct Parts {
    pub(crate) service: Arc<str>,
    pub(crate) clock: Clock,
    pub(crate) rules: MethodRules,
    pub(crate) keys: KeyWatch,
    pub(crate) roles: Roles,
    pub(crate) metrics: Registry,
    pub(crate) auditor: Option<Arc<dyn Auditor>>,
}

/// Builds the stack; a call goes through it from the top to the bottom, its answer back up.
pub(crate) fn build(routes: Routes, parts: Parts, config: &ServerConfig) -> impl Handler {
    let measure = measure::Measure::new(&parts.rules, &parts.metrics);
    ServiceBuilder::new()
        // First, which method of the contract this is: the steps below ask for it by name.
        .layer(Step(resolve::Resolve::new(parts.rules)))
        // Everything below runs in the call's trace, so that refusals can be followed, too.
        .layer(Step(scoped::Scoped::new(parts.service)))
        // Above everything that may answer, so that every answer is counted.
        .layer(Step(measure))
        // Every error gets its ErrorInfo here, whoever made it: handler, step or tonic.
        .layer(Step(complete::Complete))
        // A panic in a handler is the end of one call, not of the process.
        .layer(Step(panics::CatchPanics::new(&parts.metrics)))
        // Refuses what is too much before anything is spent on it; tokens are expensive to check.
        .layer(Step(shed::Shed::new(config)))
        // Sets the clock running, and stops whatever is below when the time is up.
        .layer(Step(time_limit::TimeLimit::new(config)))
        // Before the handlers: none of them runs for a caller who may not call it.
        .layer(Step(admit::Admit::new(parts.keys, parts.roles, parts.clock)))
        // Below the access, which says who it is by token: where there are certificates, they must agree.
        .layer(Step(vouch::Vouch))
        // Below the access, which says who it is; keeps answers back until they are on record.
        .layer(Step(record::Record::new(parts.auditor)))
        .service(Handlers(routes.prepare()))
}

/// A call on its way down.
pub(crate) struct Call {
    /// In a box, because every step hands it on.
    http: Box<Request<Body>>,
    target: Target,
}

/// What a call is for.
#[derive(Clone, Debug)]
enum Target {
    /// A method of the contract that this role serves.
    Declared(Arc<Method>),
    /// Health and reflection: open to everybody, and not part of the contract.
    Infrastructure,
    /// No method that this role serves.
    Unknown,
}

impl Call {
    pub(crate) fn new(http: Request<Body>) -> Self {
        Self {
            http: Box::new(http),
            target: Target::Unknown,
        }
    }

    /// True when the call may go on for as long as it likes.
    fn is_streaming(&self) -> bool {
        match &self.target {
            Target::Declared(method) => method.streaming,
            Target::Infrastructure => true,
            Target::Unknown => false,
        }
    }
}

/// Something that answers calls. Unlike a `tower::Service`, it borrows itself while it does, so a
/// stack of them needs no clone and no box per call and step.
pub(crate) trait Handler: Send + Sync + 'static {
    fn handle(&self, call: Call) -> impl Future<Output = Response<Body>> + Send;
}

/// What one step does around the rest of the stack.
trait Around: Clone + Send + Sync + 'static {
    fn around(
        &self,
        call: Call,
        rest: &impl Handler,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// Makes a layer of a step.
struct Step<A>(A);

impl<A: Around, H: Handler> Layer<H> for Step<A> {
    type Service = Stepped<A, H>;

    fn layer(&self, rest: H) -> Stepped<A, H> {
        Stepped {
            step: self.0.clone(),
            rest,
        }
    }
}

struct Stepped<A, H> {
    step: A,
    rest: H,
}

impl<A: Around, H: Handler> Handler for Stepped<A, H> {
    fn handle(&self, call: Call) -> impl Future<Output = Response<Body>> + Send {
        self.step.around(call, &self.rest)
    }
}

/// The bottom of the stack: tonic's routes to the handlers.
struct Handlers(Routes);

impl Handler for Handlers {
    async fn handle(&self, call: Call) -> Response<Body> {
        // Routes are always ready, and cannot fail.
        match self.0.clone().call(*call.http).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Answers with a refusal.
fn refuse(refusal: Refusal) -> Response<Body> {
    Status::from(refusal).into_http()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// Each step adds to the future of a call. One that held its rest twice, as an `async fn` does
    /// with a future that it is handed, would double it, and moving it about would show in the
    /// time of every call.
    #[test]
    fn the_steps_do_not_blow_up_the_future_of_a_call() {
        let config = Config::defaults().unwrap();
        let parts = Parts {
            service: Arc::from("test"),
            clock: Clock::system(),
            rules: MethodRules::from_pool(contract::pool()).unwrap(),
            keys: KeyWatch::new(&config.access).unwrap(),
            roles: Roles::default(),
            metrics: Registry::new("test"),
            auditor: None,
        };
        let stack = build(Routes::default(), parts, &config.server);
        let bytes = size_of_val(&stack.handle(Call::new(Request::default())));
        assert!(bytes < 2500, "{bytes} bytes");
    }
}
