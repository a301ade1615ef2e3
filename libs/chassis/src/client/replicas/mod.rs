//! All replicas of a role, as DNS tells them: each call goes to one of them.
//!
//! A name with several addresses (a headless service in Kubernetes) is one role with several
//! replicas. The name is resolved when the first call comes, again when the answer is a few seconds
//! old, and at once when a replica fails. Of two replicas taken at random, the one with fewer calls
//! under way gets the call ("the power of two choices", Mitzenmacher 2001). A replica that fails, or lets calls run
//! into their deadlines, is left alone for a while, longer each time; then one call tries it. When all are left alone,
//! all are tried: a wrong judgement must not make an outage.

mod dial;
mod link;
mod pick;
mod replica;
mod resolve;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use tokio::time::Instant;
use tonic::body::Body;
use tower::Service;

use super::body::BodyWatch;
use crate::Deadline;
use crate::config::ClientConfig;
use crate::tls::Tls;
use replica::UnderWay;
use resolve::Names;

/// A call that reached no replica, or whose connection broke.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The name of the role has no address now.
    #[error("`{host}` can't be resolved")]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver says; none when it knows the name, but no address.
        source: Option<std::io::Error>,
    },
    /// The replica can't be connected.
    #[error("{address} can't be reached")]
    Unreachable {
        /// The replica.
        address: SocketAddr,
        /// Why, told to all who waited for the same attempt.
        source: Arc<std::io::Error>,
    },
    /// The connection broke, or the replica ended the call.
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
}

/// The transport of calls to a role. Cheap to clone; clones share connections and what is known of
/// the replicas.
#[derive(Clone, Debug)]
pub struct Replicas {
    names: Arc<Names>,
    deadline: Option<Deadline>,
    body: Option<BodyWatch>,
}

impl Replicas {
    /// The replicas behind an address, which is resolved unless it is known where they are. Nothing is resolved or
    /// connected yet.
    pub(super) fn new(
        uri: Uri,
        known: Arc<[SocketAddr]>,
        config: &ClientConfig,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            names: Arc::new(Names::new(uri, known, config.clone(), tls)),
            deadline: None,
            body: None,
        }
    }

    /// The same for one call, whose request is there as a whole: that it has no answer by then is held against the
    /// replica that got it. Whoever calls gives up by itself.
    #[must_use]
    pub fn until(self, deadline: Option<Deadline>) -> Self {
        Self { deadline, ..self }
    }

    /// The same for one call, whose request is still coming: while it does, and when it fails, nothing is held against
    /// the replica.
    #[must_use]
    pub fn watching(self, body: BodyWatch) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    async fn send(mut self, request: Request<Body>) -> Result<Response<Body>, CallError> {
        let replicas = Names::current(&self.names).await?;
        let now = Instant::now();
        let replica = pick::one_of(&replicas, now).ok_or_else(|| self.names.nobody())?;
        let mut call = Attended {
            names: &self.names,
            call: Some(replica.begin(now, self.deadline, self.body.take())),
        };
        let answer = replica.link().send(request).await;
        call.answered(&answer);
        answer
    }
}

/// A call at a replica, of which is noted how it ends: also that it is dropped, since nobody waits any more.
struct Attended<'n> {
    names: &'n Arc<Names>,
    call: Option<UnderWay>,
}

impl Attended<'_> {
    fn answered(&mut self, answer: &Result<Response<Body>, CallError>) {
        let call = self.call.take();
        if call.is_some_and(|call| call.ended(answer, Instant::now())) {
            // It may have gone for good, and others may have come.
            Names::refresh(self.names);
        }
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        let call = self.call.take();
        if call.is_some_and(|call| call.given_up(Instant::now())) {
            Names::refresh(self.names);
        }
    }
}

impl Service<Request<Body>> for Replicas {
    type Response = Response<Body>;
    type Error = CallError;
    type Future = BoxFuture<'static, Result<Response<Body>, CallError>>;

    /// Always ready: each call waits for its replica within its own deadline.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().send(request).boxed()
    }
}
