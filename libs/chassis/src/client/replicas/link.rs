use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::client::conn::http2::SendRequest;
use tonic::body::Body;

use super::CallError;
use super::dial::Dial;
use crate::config::ClientConfig;
use crate::tls::Tls;

/// The connection to one replica: made when it is first needed, and again whenever it has been lost.
///
/// A call goes to hyper as it is. tonic's channel has a queue and a task of its own before that, which cost each
/// call a change of threads.
#[derive(Debug)]
pub(super) struct Link {
    dial: Dial,
    scheme: Scheme,
    authority: Authority,
    live: ArcSwapOption<SendRequest<Body>>,
    connecting: Mutex<Option<Attempt>>,
}

/// What comes of an attempt to connect, for all who wait for it.
type Attempt = Shared<BoxFuture<'static, Made>>;
type Made = Result<SendRequest<Body>, Arc<io::Error>>;

impl Link {
    /// To this address of the name in `uri`, which the other side is asked for and, with TLS, must prove to have.
    /// Nothing is connected yet. `None` for a URI without a name.
    pub(super) fn new(
        address: SocketAddr,
        uri: &Uri,
        config: &ClientConfig,
        tls: Option<&Tls>,
    ) -> Option<Self> {
        Some(Self {
            dial: Dial::new(address, uri, config, tls)?,
            scheme: uri.scheme().cloned().unwrap_or(Scheme::HTTP),
            authority: uri.authority()?.clone(),
            live: ArcSwapOption::empty(),
            connecting: Mutex::default(),
        })
    }

    /// Sends a call. One that met a connection in the moment of its end, and was not sent, is sent by another.
    pub(super) async fn send(
        self: &Arc<Self>,
        request: Request<Body>,
    ) -> Result<Response<Body>, CallError> {
        let request = self.addressed(request);
        let mut unsent = match self.connected().await?.try_send_request(request).await {
            Ok(answer) => return Ok(answer.map(Body::new)),
            Err(unsent) => unsent,
        };
        let Some(request) = unsent.take_message() else {
            return Err(unsent.into_error().into());
        };
        let answer = self.connected().await?.send_request(request).await?;
        Ok(answer.map(Body::new))
    }

    /// With the scheme and the name that the other side is known by.
    fn addressed(&self, request: Request<Body>) -> Request<Body> {
        let (mut head, body) = request.into_parts();
        let mut uri = head.uri.into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority.clone());
        uri.path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        // Fails for parts that contradict each other only, which these can't.
        head.uri = Uri::from_parts(uri).unwrap_or_default();
        Request::from_parts(head, body)
    }

    async fn connected(self: &Arc<Self>) -> Result<SendRequest<Body>, CallError> {
        if let Some(live) = self.live() {
            return Ok(live);
        }
        let made = self.attempt().await;
        made.map_err(|source| CallError::Unreachable {
            address: self.dial.address,
            source,
        })
    }

    fn live(&self) -> Option<SendRequest<Body>> {
        let live = self.live.load();
        let live = live.as_deref().filter(|live| live.is_ready());
        live.cloned()
    }

    /// The attempt that is under way, or a new one. All who wait share what comes of it: one after the other would wait
    /// as often as there are calls before it. It is made beside them, so that it outlives a caller who goes.
    fn attempt(self: &Arc<Self>) -> Attempt {
        let mut connecting = self.connecting();
        if let Some(attempt) = connecting.as_ref().filter(|it| it.peek().is_none()) {
            return attempt.clone();
        }
        // It may have been made since it was looked for.
        if let Some(live) = self.live() {
            return std::future::ready(Ok(live)).boxed().shared();
        }
        let made = tokio::spawn(Arc::clone(self).connect());
        let made =
            made.map(|made| made.unwrap_or_else(|ended| Err(io::Error::other(ended).into())));
        connecting.insert(made.boxed().shared()).clone()
    }

    async fn connect(self: Arc<Self>) -> Made {
        let made = self.dial.connect().await.map_err(Arc::new);
        if let Ok(made) = &made {
            self.live.store(Some(made.clone().into()));
        }
        *self.connecting() = None;
        made
    }

    fn connecting(&self) -> MutexGuard<'_, Option<Attempt>> {
        let connecting = self.connecting.lock();
        connecting.unwrap_or_else(PoisonError::into_inner)
    }
}
