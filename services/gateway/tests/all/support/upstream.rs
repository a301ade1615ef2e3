//! A service that knows no messages: it sends frames back, and misbehaves where its methods say so.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chassis::Refusal;
use chassis::config::Config;
use chassis::listener::{Listener, Protocols};
use contract::patron::r#type::v1::ErrorReason;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::body::Body;
use tonic::{Code, Status};

use super::contract::message;

/// What a call is to do when its messages have been sent back: `refuse`, `stall` or, the first time, `break` off.
const AT_THE_END: &str = "at-the-end";

/// By what a call is known that is only to be kept: it is answered with what was prepared for it.
const CASE: &str = "patron-case";

/// How the messages of a call are compressed.
const ENCODING: &str = "grpc-encoding";

/// The service, until its last clone is dropped.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    _stop: Arc<DropGuard>,
}

/// What has arrived.
#[derive(Default)]
struct Seen {
    calls: AtomicU32,
    given_up: AtomicU32,
    packed: AtomicU32,
    last: Mutex<(HeaderMap, Bytes)>,
    /// Paths and messages of calls by their case.
    cases: Mutex<HashMap<String, (String, Bytes)>>,
    /// What they are answered, framed.
    prepared: Mutex<HashMap<String, Bytes>>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let config = Config::defaults().unwrap().server;
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(local, Protocols::Http2, &config)
            .await
            .unwrap();
        let address = listener.address();
        let (stop, seen) = (CancellationToken::new(), Arc::new(Seen::default()));
        let noted = Arc::clone(&seen);
        let answer = service_fn(move |request| answer(request, Arc::clone(&noted)));
        tokio::spawn(listener.serve(answer, stop.clone()));
        Self {
            address,
            seen,
            _stop: Arc::new(stop.drop_guard()),
        }
    }

    /// How many calls have arrived.
    pub(crate) fn calls(&self) -> u32 {
        self.seen.calls.load(Ordering::SeqCst)
    }

    /// How many calls of `Sleep` have been given up by their callers.
    pub(crate) fn given_up(&self) -> u32 {
        self.seen.given_up.load(Ordering::SeqCst)
    }

    /// How many calls have brought a message that was compressed.
    pub(crate) fn packed_calls(&self) -> u32 {
        self.seen.packed.load(Ordering::SeqCst)
    }

    /// The headers of the last unary call.
    pub(crate) fn last_headers(&self) -> HeaderMap {
        self.seen.last.lock().unwrap().0.clone()
    }

    /// The message of the last unary call as it came, its prefix included.
    pub(crate) fn last_frame(&self) -> Bytes {
        self.seen.last.lock().unwrap().1.clone()
    }

    /// The messages of the last call.
    pub(crate) fn last_messages(&self, name: &str) -> Vec<DynamicMessage> {
        let messages = messages(self.last_frame()).into_iter();
        let messages = messages.map(|bytes| DynamicMessage::decode(message(name), bytes).unwrap());
        messages.collect()
    }

    /// Says what a call of this case is answered.
    pub(crate) fn prepare(&self, case: &str, answer: &DynamicMessage) {
        let message = answer.encode_to_vec();
        let mut frame = vec![0];
        frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        frame.extend(message);
        let mut prepared = self.seen.prepared.lock().unwrap();
        prepared.insert(case.to_owned(), frame.into());
    }

    /// The path of a call that was kept, and its messages as they came.
    pub(crate) fn take(&self, case: &str) -> (String, Vec<Bytes>) {
        let (path, body) = self.seen.cases.lock().unwrap().remove(case).unwrap();
        (path, messages(body))
    }

    /// The message of the last unary call.
    pub(crate) fn last_message(&self, name: &str) -> DynamicMessage {
        DynamicMessage::decode(message(name), self.last_frame().slice(5..)).unwrap()
    }
}

/// Dropped when the call is.
struct GivenUp(Arc<Seen>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

/// An address where nobody listens.
pub(crate) fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

async fn answer(request: Request<Incoming>, seen: Arc<Seen>) -> Result<Response<Body>, Infallible> {
    let earlier = seen.calls.fetch_add(1, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let method = parts
        .uri
        .path()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    // As they come, unless the test asks what came.
    let is_noted = parts.headers.contains_key(ENCODING) || parts.headers.contains_key(AT_THE_END);
    if method == "Chat" && !is_noted {
        let body = body.map_err(|error| Status::internal(error.to_string()));
        return Ok(ok(Body::new(
            body.with_trailers(async { Some(Ok(ok_trailers())) }),
        )));
    }
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    if let Some(case) = parts.headers.get(CASE) {
        let call = (parts.uri.path().to_owned(), body);
        let case = case.to_str().unwrap().to_owned();
        let answer = seen.prepared.lock().unwrap().remove(&case).unwrap();
        seen.cases.lock().unwrap().insert(case, call);
        return Ok(ok(frames(vec![answer], ok_trailers())));
    }
    let encoding = parts.headers.get(ENCODING).cloned();
    let end = parts.headers.get(AT_THE_END).cloned();
    let is_packed = body.first() == Some(&1);
    seen.packed.fetch_add(is_packed.into(), Ordering::SeqCst);
    *seen.last.lock().unwrap() = (parts.headers, body.clone());
    if let Some(end) = end {
        return Ok(if end == "break" && earlier > 0 {
            echo(body, encoding)
        } else {
            ended(body, end.as_bytes(), encoding, &seen)
        });
    }
    Ok(match method.as_str() {
        "Refuse" => refusal().into_http(),
        "Sleep" => {
            let _noted = GivenUp(Arc::clone(&seen));
            std::future::pending().await
        }
        // Takes as many milliseconds as its count says, when it is of the name that asks for it.
        "ReplaceShape" | "GetShape" if name(&body) == "hold" => {
            let milliseconds = u64::try_from(count(&body)).unwrap();
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            echo(body, encoding)
        }
        "Flicker" | "FlickerOnce" if earlier < 2 || count(&body) < 0 => {
            Status::unavailable("not now").into_http()
        }
        "WatchShape" if encoding.is_none() => watch(&body),
        "Collect" | "UploadFile" if encoding.is_none() => {
            ok(frames(vec![last_frame(&body)], ok_trailers()))
        }
        _ => echo(body, encoding),
    })
}

/// Sends the body back; then refuses, breaks off, or falls silent until the caller gives up.
fn ended(
    body: Bytes,
    end: &[u8],
    encoding: Option<HeaderValue>,
    seen: &Arc<Seen>,
) -> Response<Body> {
    let mut response = if end == b"stall" {
        let noted = GivenUp(Arc::clone(seen));
        let silence = futures_util::stream::once(async move {
            let _noted = noted;
            std::future::pending().await
        });
        let first = futures_util::stream::iter([Ok::<_, Status>(Frame::data(body))]);
        ok(Body::new(StreamBody::new(first.chain(silence))))
    } else if end == b"break" {
        let first = futures_util::stream::iter([Ok(Frame::data(body))]);
        let broken = futures_util::stream::once(async {
            // What breaks off at once takes with it what has not been written yet.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(Status::internal("broken off"))
        });
        ok(Body::new(StreamBody::new(first.chain(broken))))
    } else {
        let mut trailers = HeaderMap::new();
        refusal().add_header(&mut trailers).unwrap();
        ok(frames(vec![body], trailers))
    };
    if let Some(encoding) = encoding {
        response.headers_mut().insert(ENCODING, encoding);
    }
    response
}

/// Sends a message back as it came, compressed or not.
fn echo(body: Bytes, encoding: Option<HeaderValue>) -> Response<Body> {
    let mut response = ok(frames(vec![body], ok_trailers()));
    if let Some(encoding) = encoding {
        response.headers_mut().insert(ENCODING, encoding);
    }
    response
}

/// Repeats the message; with the tag `fail` it refuses afterwards, with `stall` it falls silent.
fn watch(body: &Bytes) -> Response<Body> {
    let shape = DynamicMessage::decode(message("Shape"), body.slice(5..)).unwrap();
    let times = usize::try_from(count(body)).unwrap();
    let tags = shape.get_field_by_name("tags").unwrap();
    let has_tag = |tag| {
        tags.as_list()
            .unwrap()
            .iter()
            .any(|value| value.as_str() == Some(tag))
    };
    let repeated = vec![body.clone(); times];
    if has_tag("stall") {
        let frames = repeated
            .into_iter()
            .map(|bytes| Ok::<_, Status>(Frame::data(bytes)));
        let stalled = futures_util::stream::iter(frames).chain(futures_util::stream::pending());
        return ok(Body::new(StreamBody::new(stalled)));
    }
    let mut trailers = ok_trailers();
    if has_tag("fail") {
        trailers.clear();
        refusal().add_header(&mut trailers).unwrap();
    }
    ok(frames(repeated, trailers))
}

fn refusal() -> Status {
    let refusal = Refusal::new(
        Code::NotFound,
        ErrorReason::DeadLetterNotFound,
        "no such shape",
    )
    .metadata("shape", "round")
    .field("inner.text", "is wrong")
    .retry_after(Duration::from_millis(1500));
    let mut status = Status::from(refusal);
    status
        .metadata_mut()
        .insert("patron-hint", "look elsewhere".parse().unwrap());
    status
}

fn name(body: &Bytes) -> String {
    let shape = DynamicMessage::decode(message("Shape"), body.slice(5..)).unwrap();
    let name = shape.get_field_by_name("name").unwrap();
    name.as_str().unwrap().to_owned()
}

fn count(body: &Bytes) -> i32 {
    let shape = DynamicMessage::decode(message("Shape"), body.slice(5..)).unwrap();
    shape.get_field_by_name("count").unwrap().as_i32().unwrap()
}

/// The messages of a body, without their prefixes.
fn messages(mut body: Bytes) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while !body.is_empty() {
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize + 5;
        messages.push(body.split_to(length).slice(5..));
    }
    messages
}

fn last_frame(body: &Bytes) -> Bytes {
    let mut rest = body.clone();
    loop {
        let length = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize + 5;
        if rest.len() == length {
            return rest;
        }
        rest = rest.slice(length..);
    }
}

fn frames(data: Vec<Bytes>, trailers: HeaderMap) -> Body {
    let data = data.into_iter().map(Frame::data);
    let frames = data.chain([Frame::trailers(trailers)]).map(Ok::<_, Status>);
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

fn ok(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    headers.insert("patron-replayed", HeaderValue::from_static("true"));
    headers.insert("secret-header", HeaderValue::from_static("not for REST"));
    response
}

fn ok_trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers.insert("patron-trailer", HeaderValue::from_static("kept"));
    trailers
}
