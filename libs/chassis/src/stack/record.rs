use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use access::{Caller, Method};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{HeaderMap, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt as _, StreamBody};
use tonic::body::Body;
use tonic::{Code, Status};

use super::body::{AroundBody, Polled, wrap};
use super::frames::Frames;
use super::{Around, Call, Handler, STATUS, Target, refuse};
use crate::audit::{Asked, Auditor, Begun, Recording};
use crate::scope;

/// Puts calls on record: a place is taken before the handler runs, and the answer leaves when the
/// record is kept.
#[derive(Clone)]
pub(super) struct Record(Option<Arc<dyn Auditor>>);

impl Record {
    pub(super) fn new(auditor: Option<Arc<dyn Auditor>>) -> Self {
        Self(auditor)
    }

    fn begin(&self, call: &Call) -> Option<Begun> {
        let (auditor, method) = (self.0.as_ref()?, declared(&call.target)?);
        let caller = call.http.extensions().get::<Arc<Caller>>();
        auditor.begin(&Asked {
            method,
            caller: caller.map(Arc::as_ref),
            headers: call.http.headers(),
            trace_id: scope::with_current(|scope| scope.trace.trace_id.to_string())
                .unwrap_or_default(),
        })
    }
}

fn declared(target: &Target) -> Option<&Method> {
    match target {
        Target::Declared(method) => Some(method.as_ref()),
        Target::Infrastructure | Target::Unknown => None,
    }
}

impl Around for Record {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        match self.begin(&call) {
            Some(begun) => recorded(begun, call, rest).await,
            None => rest.handle(call).await,
        }
    }
}

/// In a box, so that calls that need no record do not carry its weight.
fn recorded(begun: Begun, call: Call, rest: &impl Handler) -> BoxFuture<'_, Response<Body>> {
    async move {
        let recording = match begun.await {
            Ok(recording) => recording,
            Err(refusal) => return refuse(refusal),
        };
        let response = rest.handle(watched(call, &recording)).await;
        let kept = if recording.streams_answers() {
            keep_opened(&*recording, response).await
        } else {
            keep_answered(&*recording, response).await
        };
        kept.unwrap_or_else(|response| response)
    }
    .boxed()
}

/// Shows the recording each message of the request while the handler reads it.
fn watched(call: Call, recording: &Arc<dyn Recording>) -> Call {
    let step = AskedBody {
        frames: Frames::default(),
        recording: Arc::clone(recording),
    };
    let http = (*call.http).map(|body| wrap(body, step));
    Call {
        http: Box::new(http),
        ..call
    }
}

struct AskedBody {
    frames: Frames,
    recording: Arc<dyn Recording>,
}

impl AroundBody for AskedBody {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        let polled = ready!(body.poll_frame(context));
        if let Some(bytes) = polled
            .as_ref()
            .and_then(|frame| frame.as_ref().ok()?.data_ref())
        {
            let recording = &self.recording;
            self.frames.push(bytes, |message| recording.asked(message));
        }
        Poll::Ready(polled)
    }
}

/// A stream of answers may flow when it is on record that it does.
async fn keep_opened(
    recording: &dyn Recording,
    response: Response<Body>,
) -> Result<Response<Body>, Response<Body>> {
    let code = code(response.headers()).unwrap_or(Code::Ok);
    recording.keep(code).await.map_err(refuse)?;
    Ok(response)
}

async fn keep_answered(
    recording: &dyn Recording,
    response: Response<Body>,
) -> Result<Response<Body>, Response<Body>> {
    let (head, body) = response.into_parts();
    let answer = Answer::read(body, recording).await;
    let code = code(&head.headers).or(answer.code).unwrap_or(Code::Unknown);
    recording.keep(code).await.map_err(refuse)?;
    Ok(Response::from_parts(head, answer.into_body()))
}

/// The whole answer of a unary call. What it holds is bounded by the message that the handler made.
struct Answer {
    parts: Vec<Result<Frame<Bytes>, Status>>,
    code: Option<Code>,
}

impl Answer {
    async fn read(mut body: Body, recording: &dyn Recording) -> Self {
        let (mut frames, mut code) = (Frames::default(), None);
        let mut parts = Vec::with_capacity(2);
        while let Some(part) = body.frame().await {
            match &part {
                Ok(frame) => {
                    if let Some(bytes) = frame.data_ref() {
                        frames.push(bytes, |message| recording.answered(message));
                    }
                    code = code.or(frame.trailers_ref().and_then(self::code));
                }
                Err(status) => code = Some(status.code()),
            }
            parts.push(part);
        }
        Self { parts, code }
    }

    /// A refusal is headers alone, and must stay so: clients on gRPC's C core take its status only when the stream
    /// ends with the headers, and make UNKNOWN of it when an empty frame comes after them.
    fn into_body(self) -> Body {
        if self.parts.is_empty() {
            return Body::empty();
        }
        Body::new(StreamBody::new(stream::iter(self.parts)))
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    let code = headers.get(STATUS)?;
    Some(Code::from_bytes(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Refusal;

    /// Counts the messages that it is shown.
    #[derive(Default)]
    struct Shown(AtomicUsize);

    impl Recording for Shown {
        fn asked(&self, _: &[u8]) {}

        fn answered(&self, message: &[u8]) {
            self.0.fetch_add(message.len(), Ordering::Relaxed);
        }

        fn streams_answers(&self) -> bool {
            false
        }

        fn keep(&self, _: Code) -> BoxFuture<'_, Result<(), Refusal>> {
            std::future::ready(Ok(())).boxed()
        }
    }

    #[tokio::test]
    async fn a_refusal_ends_with_its_headers() {
        let refusal = Status::not_found("nobody").into_http();
        let kept = keep_answered(&Shown::default(), refusal).await.unwrap();
        assert_eq!(code(kept.headers()), Some(Code::NotFound));
        assert!(http_body::Body::is_end_stream(kept.body()));
    }

    #[tokio::test]
    async fn an_answer_leaves_whole_into_however_many_pieces_it_was_cut() {
        let message = [[0, 0, 0, 1, 0].as_slice(), &[7; 256]].concat();
        let pieces = message.chunks(1).map(Bytes::copy_from_slice);
        let mut parts: Vec<_> = pieces
            .map(|piece| Ok::<_, Status>(Frame::data(piece)))
            .collect();
        let mut trailers = HeaderMap::new();
        trailers.insert(STATUS, "0".parse().unwrap());
        parts.push(Ok(Frame::trailers(trailers)));
        let body = Body::new(StreamBody::new(stream::iter(parts)));
        let shown = Shown::default();
        let kept = keep_answered(&shown, Response::new(body)).await;
        let left = kept.unwrap().into_body().collect().await.unwrap();
        assert!(left.trailers().is_some());
        assert_eq!(left.to_bytes(), message);
        assert_eq!(shown.0.into_inner(), 256);
    }
}
