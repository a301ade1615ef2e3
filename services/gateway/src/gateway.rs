//! The gateway itself: what it knows, and what happens to a call before it is told apart.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use access::{Caller, KeyExchange, Priority};
use bytes::Bytes;
use chassis::client::Replicas;
use chassis::metrics::Registry;
use chassis::telemetry::Activity;
use chassis::{Clock, KeyWatch, Refusal};
use contract::patron::r#type::v1::ErrorReason;
use futures_util::FutureExt as _;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::{HeaderMap, Method as HttpVerb, Request, Response, Version};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::config::GatewayConfig;
use crate::docs::Docs;
use crate::edge::{
    self, Call, CallDeadline, Metrics, ObservedBody, Protocol, RateLimits, Room, Shared, Unread,
};
use crate::error::GatewayError;
use crate::grpc::{self, Infrastructure};
use crate::gzip::{self, Gzip, Ready};
use crate::problem::Problem;
use crate::retry::Retries;
use crate::surface::{Method, Surface};
use crate::upstream::Upstreams;
use crate::{openapi, rest};

/// The role's name in logs and metrics.
pub(crate) const ROLE: &str = "gateway";

/// Where clients find what they can call.
const OPENAPI_PATH: &str = "/openapi.json";

/// Whose calls those are that need no token, where calls are counted.
const ANONYMOUS: &str = "anonymous";

/// The front door of a contract.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) surface: Surface,
    pub(crate) upstreams: Upstreams,
    pub(crate) limits: Limits,
    pub(crate) retries: Retries,
    /// `google.rpc.Status`, as which errors are written.
    pub(crate) rpc_status: Option<MessageDescriptor>,
    role: Arc<str>,
    issuers: KeyWatch,
    keys: Option<Arc<KeyExchange>>,
    clock: Clock,
    metrics: Metrics,
    room: Room,
    rates: RateLimits,
    gzip: Gzip,
    unread: Arc<Unread<edge::Answer>>,
    openapi: Ready,
    docs: Docs,
    pub(crate) infrastructure: Infrastructure,
}

/// A call that has been let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) deadline: CallDeadline,
    /// Until when what is asked must have come. A stream may go on for ever, but not its question.
    pub(crate) asked_by: CallDeadline,
    /// Its share of the calls at once. To be kept while the answer is being made, but not while the
    /// client reads it: a client that reads slowly must not keep the others out.
    #[expect(dead_code, reason = "only held")]
    place: Option<Shared>,
}

/// What one call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_header_bytes: usize,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_answer_bytes: usize,
    pub(crate) default_deadline: Duration,
    pub(crate) max_deadline: Duration,
    /// How long a stream may go on for which nobody says who they are.
    pub(crate) anonymous_stream_age: Duration,
}

impl Gateway {
    /// Exposes the methods of `pool` that are for the outside. Connections to the services are made
    /// when they are first needed, so none has to be up.
    pub fn new(
        config: &GatewayConfig,
        pool: &DescriptorPool,
        issuers: KeyWatch,
        clock: Clock,
        registry: &Registry,
    ) -> Result<Self, GatewayError> {
        config.check()?;
        let surface = Surface::from_pool(pool)?;
        let infrastructure = Infrastructure::new(&surface)?;
        let openapi = serde_json::to_vec(&openapi::of_surface(&surface))?;
        Ok(Self {
            rpc_status: surface.message("google.rpc.Status"),
            surface,
            upstreams: Upstreams::new(config.services()?),
            limits: config.limits(),
            retries: Retries::new(config.retry_policy())?,
            role: Arc::from(ROLE),
            issuers,
            keys: None,
            rates: RateLimits::new(&config.gateway.rate_limits, &clock),
            clock,
            metrics: Metrics::register(registry),
            infrastructure,
            room: Room::new(
                config.server.max_concurrent_calls,
                &config.gateway.concurrency,
            ),
            gzip: Gzip::new(config.gateway.gzip_from_bytes),
            unread: Unread::new(Duration::from_millis(config.server.write_stall_timeout_ms)),
            openapi: Ready::new("application/json", openapi.into()),
            docs: Docs::new(),
        })
    }

    /// Lets callers with these API keys in, too.
    #[must_use]
    pub fn with_api_keys(mut self, keys: Arc<KeyExchange>) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sends the calls of a role to these replicas, wherever the settings say that it is.
    #[must_use]
    pub fn with_replicas(mut self, role: &str, replicas: Replicas) -> Self {
        self.upstreams.set(role, replicas);
        self
    }

    /// Gives up answers that their clients do not take, until it is stopped.
    pub(crate) async fn give_up_unread(self: Arc<Self>, stop: CancellationToken) {
        let pause = || tokio::time::sleep(self.unread.pause());
        while stop.run_until_cancelled(pause()).await.is_some() {
            self.unread.look();
        }
    }

    /// Answers one HTTP request of any kind.
    pub(crate) async fn handle<B>(self: Arc<Self>, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut request = request.map(Body::new);
        let request_id = edge::request_id(request.headers(), &self.clock);
        request
            .headers_mut()
            .insert(edge::REQUEST_ID, request_id.clone());

        let protocol = Protocol::of(request.headers());
        let takes_gzip = protocol == Protocol::Rest && gzip::takes_gzip(request.headers());
        let role = Arc::clone(&self.role);
        let activity = Activity::received(role, edge::span(protocol), request.headers());
        activity.hand_on(request.headers_mut());
        let call = Call::begin(
            self.metrics.clone(),
            protocol,
            activity.clone(),
            request_id.clone(),
        );
        // A defect in one call must not take the other calls of its connection with it.
        let answered = AssertUnwindSafe(self.dispatch(protocol, request, &call)).catch_unwind();
        let answered = activity.run(answered).await;
        let mut response = answered.unwrap_or_else(|_| panicked(protocol));

        if protocol == Protocol::Rest {
            response = self.gzip.pack(response, takes_gzip);
            edge::secure(response.headers_mut());
        }
        response.headers_mut().insert(edge::REQUEST_ID, request_id);
        if let Some(standing) = call.standing() {
            standing.write_to(response.headers_mut());
        }
        let (parts, body) = response.into_parts();
        let body = ObservedBody::new(body, parts.status, &parts.headers, call, &self.unread);
        Response::from_parts(parts, Body::new(body))
    }

    async fn dispatch(
        self: &Arc<Self>,
        protocol: Protocol,
        request: Request<Body>,
        call: &Arc<Call>,
    ) -> Response<Body> {
        match protocol {
            _ if edge::head_bytes(&request) > self.limits.max_header_bytes => {
                self.headers_too_large(protocol, call)
            }
            Protocol::Grpc if request.version() != Version::HTTP_2 => grpc::needs_http2(),
            // What they take is on the heap: a connection keeps room for a call, and moves it about.
            Protocol::Grpc => Box::pin(grpc::serve(self, request, call)).await,
            Protocol::GrpcWeb => {
                Box::pin(grpc::serve_web(Arc::clone(self), request, Arc::clone(call))).await
            }
            Protocol::Rest if is_openapi(&request) => self.openapi(request.headers(), call),
            Protocol::Rest => match self.docs.answer(&request) {
                Some(page) => shown(page, call),
                None => Box::pin(rest::serve(self, request, call)).await,
            },
        }
    }

    /// Lets a call in: who makes it, whether there is room for it, and how long it may take.
    pub(crate) async fn admit(
        &self,
        call: &Call,
        method: &Method,
        headers: &mut HeaderMap,
    ) -> Result<Admitted, Refusal> {
        call.set_method(&method.full_name);
        let caller = self.identify(call, method, headers).await?;
        let id = caller.as_ref().map_or(ANONYMOUS, |caller| caller.id());
        let is_stream = method.rule.streaming;
        let place = self.room.enter(id, method.rule.priority, is_stream);
        let place = place.inspect_err(|_| self.metrics.shed(method.rule.priority))?;
        call.keep_own(place.own);
        let limits = &self.limits;
        let asked_by = CallDeadline::unary(headers, limits.default_deadline, limits.max_deadline)?;
        if is_stream {
            call.keep_shared(place.shared);
            let deadline = CallDeadline::streaming(headers)?;
            return Ok(Admitted {
                deadline,
                asked_by,
                place: None,
            });
        }
        Ok(Admitted {
            deadline: asked_by,
            asked_by,
            place: Some(place.shared),
        })
    }

    /// Lets a stream in for which nobody has to say who they are: by the address that it comes from.
    pub(crate) fn admit_from(&self, call: &Call, address: Option<IpAddr>) -> Result<(), Refusal> {
        let place = self.room.enter_from(address);
        let place = place.inspect_err(|_| self.metrics.shed(Priority::Normal))?;
        call.keep_own(place.own);
        call.keep_shared(place.shared);
        Ok(())
    }

    /// Who makes a call, counted against its limit of rate; none where nobody has to say.
    async fn identify(
        &self,
        call: &Call,
        method: &Method,
        headers: &mut HeaderMap,
    ) -> Result<Option<Arc<Caller>>, Refusal> {
        if method.rule.anonymous {
            edge::withhold_key(headers);
            return Ok(None);
        }
        let keys = self.keys.as_deref();
        let caller = edge::authenticate(&self.issuers, keys, headers, self.clock.now()).await?;
        call.set_caller(caller.kind());
        call.set_standing(self.rates.count(caller.id(), &method.full_name)?);
        Ok(Some(caller))
    }

    fn headers_too_large(&self, protocol: Protocol, call: &Call) -> Response<Body> {
        let problem = Problem::headers_too_large(self.limits.max_header_bytes);
        call.set_code(problem.code());
        match protocol {
            Protocol::Rest => problem.into_response(self.rpc_status.as_ref()),
            // A client of gRPC makes nothing of a 431.
            Protocol::Grpc | Protocol::GrpcWeb => problem.into_status().into_http(),
        }
    }

    fn openapi(&self, headers: &HeaderMap, call: &Call) -> Response<Body> {
        call.name("GET /openapi.json".into());
        call.set_code(Code::Ok);
        let mut response = self.openapi.answer(headers);
        // It holds nothing personal and changes only with a release.
        response.headers_mut().insert(
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=300"),
        );
        response
    }
}

fn shown(page: Response<Body>, call: &Call) -> Response<Body> {
    call.name("GET /docs".into());
    call.set_code(Code::Ok);
    page
}

fn is_openapi(request: &Request<Body>) -> bool {
    let reads = matches!(*request.method(), HttpVerb::GET | HttpVerb::HEAD);
    reads && request.uri().path() == OPENAPI_PATH
}

/// The panic itself has been logged by the panic hook.
fn panicked(protocol: Protocol) -> Response<Body> {
    let refusal = Refusal::new(Code::Internal, ErrorReason::Internal, "internal error");
    match protocol {
        Protocol::Rest => Problem::from(refusal).into_response(None),
        Protocol::Grpc | Protocol::GrpcWeb => Status::from(refusal).into_http(),
    }
}
