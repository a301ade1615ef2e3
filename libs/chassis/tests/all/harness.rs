//! A role with two services of the contract whose handlers the tests write, and callers for it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use access::{ApiKey, ApiKeys, Claims, DevelopmentIssuer, NewApiKey, Roles, Scope};
use bytes::{BufMut as _, Bytes, BytesMut};
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::{Clock, Running, Service};
use contract::patron::events::v1::event_admin_service_server::{
    EventAdminService, EventAdminServiceServer,
};
use contract::patron::events::v1::event_feed_service_server::{
    EventFeedService, EventFeedServiceServer,
};
use contract::patron::events::v1::{
    FollowRequest, FollowResponse, ListConsumerCursorsRequest, ListConsumerCursorsResponse,
    ListDeadLettersRequest, ListDeadLettersResponse, ReplayDeadLettersRequest,
    ReplayDeadLettersResponse, RewindConsumerRequest, RewindConsumerResponse,
    SkipDeadLetterRequest, SkipDeadLetterResponse,
};
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::BoxStream;
use http::{HeaderMap, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

/// Longer than anything here should take; only ever reached by a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const LIST: &str = "/patron.events.v1.EventAdminService/ListDeadLetters";
pub(crate) const REPLAY: &str = "/patron.events.v1.EventAdminService/ReplayDeadLetters";
pub(crate) const FOLLOW: &str = "/patron.events.v1.EventFeedService/Follow";

/// Answers a unary call; it sees the request without its message.
pub(crate) type Unary =
    Arc<dyn Fn(Request<()>) -> BoxFuture<'static, Result<(), Status>> + Send + Sync>;
pub(crate) type Feed = BoxStream<'static, Result<FollowResponse, Status>>;

pub(crate) fn unary<F>(handler: impl Fn(Request<()>) -> F + Send + Sync + 'static) -> Unary
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    Arc::new(move |request| handler(request).boxed())
}

struct Admin(Unary);

#[tonic::async_trait]
impl EventAdminService for Admin {
    async fn list_dead_letters(
        &self,
        request: Request<ListDeadLettersRequest>,
    ) -> Result<tonic::Response<ListDeadLettersResponse>, Status> {
        (self.0)(request.map(drop)).await?;
        Ok(tonic::Response::new(ListDeadLettersResponse::default()))
    }

    async fn replay_dead_letters(
        &self,
        request: Request<ReplayDeadLettersRequest>,
    ) -> Result<tonic::Response<ReplayDeadLettersResponse>, Status> {
        (self.0)(request.map(drop)).await?;
        Ok(tonic::Response::new(ReplayDeadLettersResponse::default()))
    }

    async fn skip_dead_letter(
        &self,
        _: Request<SkipDeadLetterRequest>,
    ) -> Result<tonic::Response<SkipDeadLetterResponse>, Status> {
        Err(Status::unimplemented("unused"))
    }

    async fn list_consumer_cursors(
        &self,
        _: Request<ListConsumerCursorsRequest>,
    ) -> Result<tonic::Response<ListConsumerCursorsResponse>, Status> {
        Err(Status::unimplemented("unused"))
    }

    async fn rewind_consumer(
        &self,
        _: Request<RewindConsumerRequest>,
    ) -> Result<tonic::Response<RewindConsumerResponse>, Status> {
        Err(Status::unimplemented("unused"))
    }
}

struct FeedOf(fn() -> Feed);

#[tonic::async_trait]
impl EventFeedService for FeedOf {
    type FollowStream = Feed;

    async fn follow(&self, _: Request<FollowRequest>) -> Result<tonic::Response<Feed>, Status> {
        Ok(tonic::Response::new((self.0)()))
    }
}

/// A role that listens on free ports.
pub(crate) struct Role {
    pub(crate) running: Running,
    pub(crate) shutdown: CancellationToken,
}

impl Role {
    pub(crate) async fn start(handler: Unary) -> Self {
        Self::start_with(config(), handler).await
    }

    pub(crate) async fn start_with(config: Config, handler: Unary) -> Self {
        Self::serve(config, service(handler, endless)).await
    }

    pub(crate) async fn start_feed(feed: fn() -> Feed) -> Self {
        Self::serve(config(), service(unary(|_| async { Ok(()) }), feed)).await
    }

    pub(crate) async fn serve(config: Config, service: Service) -> Self {
        let shutdown = CancellationToken::new();
        let running = chassis::serve(service, &config, shutdown.clone())
            .await
            .unwrap();
        Self { running, shutdown }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }

    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let url = format!("http://{}{path}", self.running.admin_address());
        let response = client.get(url.parse().unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Waits until the readiness checks have passed.
    pub(crate) async fn ready(&self) {
        let mut changes = self.running.health().subscribe();
        within(changes.wait_for(chassis::health::HealthState::is_ready))
            .await
            .unwrap();
    }

    /// A call as bytes, so that nothing on the caller's side interprets or adds anything.
    pub(crate) async fn call(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.call_with(path, headers, &request_for(path)).await
    }

    pub(crate) async fn call_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        message: &[u8],
    ) -> Answer {
        self.call_raw(path, headers, framed(message)).await
    }

    /// A call with a body that need not be framed as gRPC frames messages.
    pub(crate) async fn call_raw(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        let mut request = http::Request::post(format!("{}{path}", self.url()))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).unwrap();
        Answer::read(within(client.request(request)).await.unwrap()).await
    }

    /// A call by the operator.
    pub(crate) async fn operate(&self, path: &str) -> Answer {
        self.call(path, &[("authorization", &operator())]).await
    }
}

fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}

fn request_for(path: &str) -> Vec<u8> {
    match path {
        REPLAY => replay().encode_to_vec(),
        FOLLOW => follow().encode_to_vec(),
        _ => ListDeadLettersRequest::default().encode_to_vec(),
    }
}

pub(crate) fn replay() -> ReplayDeadLettersRequest {
    ReplayDeadLettersRequest {
        service: "profile".to_owned(),
        parking_key: uuid::Uuid::nil().to_string(),
    }
}

pub(crate) fn follow() -> FollowRequest {
    let cursors = vec![contract::patron::events::v1::ShardCursor::default()];
    FollowRequest {
        consumer: "test".to_owned(),
        cursors,
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Status,
}

impl Answer {
    async fn read(response: Response<hyper::body::Incoming>) -> Self {
        let (head, mut body) = response.into_parts();
        let mut ending: HeaderMap = head.headers;
        while let Some(frame) = within(body.frame()).await {
            if let Ok(trailers) = frame.unwrap().into_trailers() {
                ending = trailers;
            }
        }
        Self {
            status: Status::from_header_map(&ending).expect("an answer has a status"),
        }
    }

    /// The reason in the one `ErrorInfo` that there must be.
    pub(crate) fn reason(&self) -> String {
        reason(&self.status)
    }
}

pub(crate) fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    let details = status.get_error_details_vec();
    let infos: Vec<_> = details
        .iter()
        .filter_map(|detail| match detail {
            tonic_types::ErrorDetail::ErrorInfo(info) => Some(info),
            _ => None,
        })
        .collect();
    assert_eq!(infos.len(), 1, "one ErrorInfo in {status:?}");
    assert_eq!(infos[0].domain, "patron");
    infos[0].reason.clone()
}

pub(crate) fn service(handler: Unary, feed: fn() -> Feed) -> Service {
    Service::new("test", Clock::system())
        .grpc(chassis::tuned!(EventAdminServiceServer::new(Admin(
            handler
        ))))
        .grpc(chassis::tuned!(EventFeedServiceServer::new(FeedOf(feed))))
}

pub(crate) fn endless() -> Feed {
    Box::pin(futures_util::stream::pending())
}

/// Keys that all tests of this process share; making them takes a while.
struct Keys {
    folder: tempfile::TempDir,
    issuer: DevelopmentIssuer,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    Keys { folder, issuer }
});

pub(crate) fn config() -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
    config.server.health_interval_ms = 5;
    config.access.service_key_file = Some(KEYS.folder.path().join("key.pem"));
    config.access.issuers = vec![IssuerConfig {
        issuer: KEYS.issuer.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(KEYS.issuer.jwks().unwrap()),
        role: IssuerRole::People,
        subject_prefix: None,
    }];
    config
}

/// An `authorization` header with these roles, good for an hour from then.
pub(crate) fn authorization(roles: &[&str], from: Timestamp) -> String {
    let token = KEYS
        .issuer
        .token("somebody", roles, from, SignedDuration::from_hours(1))
        .unwrap();
    format!("Bearer {}", token.expose())
}

/// The same, of a caller who is confined to regions.
pub(crate) fn confined(roles: &[&str], regions: &[&str]) -> String {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let claims = Claims {
        subject: "somebody".to_owned(),
        roles: owned(roles),
        regions: owned(regions),
        ..Claims::default()
    };
    let (now, hour) = (Clock::system().now(), SignedDuration::from_hours(1));
    let token = KEYS.issuer.sign(&claims, now, hour).unwrap();
    format!("Bearer {}", token.expose())
}

/// The `authorization` header that the gateway makes of an API key with these roles and scopes.
pub(crate) fn machine(roles: &[&str], scope: &str) -> String {
    let now = Clock::system().now();
    let key = ApiKey::from_random([1; 6], [2; 32]);
    let new = NewApiKey {
        name: "shop".to_owned(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        scopes: Scope::split(scope).unwrap(),
        regions: Vec::new(),
        expires_at: now + SignedDuration::from_hours(1),
    };
    let entry = new.entry(&key, &Roles::default()).unwrap();
    let keys = ApiKeys::from_toml(&entry, &Roles::default()).unwrap();
    let exchange = config().access.key_exchange(keys).unwrap().unwrap();
    let caller = exchange.exchange(key.expose(), now).unwrap();
    format!("Bearer {}", caller.token.expose())
}

pub(crate) fn operator() -> String {
    authorization(&["operator"], Clock::system().now())
}

/// Bounds every wait: a test fails instead of hanging.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("took too long")
}
