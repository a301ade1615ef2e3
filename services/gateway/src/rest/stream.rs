//! A stream of answers as one HTTP answer.
//!
//! NDJSON by default: each line is `{"result": …}`, and a stream that fails ends with
//! `{"error": …}`. With `accept: text/event-stream` each answer is an event, and a failure an event
//! of the type `error`. Streams of `google.api.HttpBody` are the bytes themselves, one after
//! another.

use std::sync::Arc;

use bytes::Bytes;
use chassis::Refusal;
use futures_util::stream;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::body::Body;
use tonic::{Code, Status, Streaming};

use super::respond;
use crate::edge::{Call, CallDeadline};
use crate::gateway::Gateway;
use crate::problem::{self, Problem};
use crate::surface::Binding;
use crate::upstream::failure;

/// How answers are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Lines,
    Events,
    Raw,
}

/// Everything that the stream needs while it runs.
struct Answers {
    binding: Arc<Binding>,
    framing: Framing,
    source: Streaming<DynamicMessage>,
    /// An answer that was read ahead.
    first: Option<DynamicMessage>,
    deadline: CallDeadline,
    rpc_status: Option<MessageDescriptor>,
    call: Arc<Call>,
    role: Arc<str>,
    ended: bool,
}

/// Where a stream belongs.
pub(super) struct Context<'c> {
    pub(super) gateway: &'c Gateway,
    pub(super) binding: &'c Arc<Binding>,
    pub(super) role: &'c Arc<str>,
    pub(super) headers: &'c HeaderMap,
    pub(super) deadline: CallDeadline,
    pub(super) call: &'c Arc<Call>,
}

/// Makes the HTTP answer. It begins as soon as the service has accepted the call.
pub(super) async fn respond(
    context: Context<'_>,
    answers: tonic::Response<Streaming<DynamicMessage>>,
) -> Result<Response<Body>, Problem> {
    let (metadata, source, _) = answers.into_parts();
    let mut answers = Answers {
        binding: Arc::clone(context.binding),
        framing: Framing::of(context.binding, context.headers),
        source,
        first: None,
        deadline: context.deadline,
        rpc_status: context.gateway.rpc_status.clone(),
        call: Arc::clone(context.call),
        role: Arc::clone(context.role),
        ended: false,
    };
    let content_type = answers.content_type().await?;
    let frames = stream::unfold(answers, |mut answers| async {
        let frame = answers.next_frame().await?;
        Some((frame.map(Frame::data), answers))
    });
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    *response.headers_mut() = respond::public_headers(&metadata);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

impl Framing {
    fn of(binding: &Binding, headers: &HeaderMap) -> Self {
        let wants_events = || {
            let mut accepted = headers
                .get_all(ACCEPT)
                .iter()
                .filter_map(|value| value.to_str().ok());
            accepted.any(|value| value.contains("text/event-stream"))
        };
        if respond::answers_raw(binding) {
            Self::Raw
        } else if wants_events() {
            Self::Events
        } else {
            Self::Lines
        }
    }

    fn result(self, json: &[u8]) -> Bytes {
        match self {
            Self::Events => [b"data: ", json, b"\n\n"].concat().into(),
            Self::Lines | Self::Raw => [b"{\"result\":", json, b"}\n"].concat().into(),
        }
    }

    fn error(self, json: &[u8]) -> Bytes {
        match self {
            Self::Events => [b"event: error\ndata: ", json, b"\n\n"].concat().into(),
            Self::Lines | Self::Raw => [b"{\"error\":", json, b"}\n"].concat().into(),
        }
    }
}

impl Answers {
    /// The type of the whole. That of raw bytes stands in the first answer.
    async fn content_type(&mut self) -> Result<HeaderValue, Problem> {
        match self.framing {
            Framing::Lines => Ok(HeaderValue::from_static("application/x-ndjson")),
            Framing::Events => Ok(HeaderValue::from_static("text/event-stream")),
            Framing::Raw => {
                let message = self.source.message().await;
                self.first = message.map_err(|status| failure(&status, &self.role))?;
                let first = self.first.as_ref();
                let content = first
                    .map(|first| respond::content(&self.binding, first))
                    .transpose()?;
                let fallback = HeaderValue::from_static("application/octet-stream");
                Ok(content.map_or(fallback, |(content_type, _)| content_type))
            }
        }
    }

    async fn next_frame(&mut self) -> Option<Result<Bytes, Status>> {
        if self.ended {
            return None;
        }
        match self.next_answer().await {
            Ok(Some(bytes)) => Some(Ok(bytes)),
            Ok(None) => {
                self.call.set_code(Code::Ok);
                None
            }
            Err(refusal) => {
                self.ended = true;
                self.call.set_code(refusal.code());
                Some(self.failed(refusal))
            }
        }
    }

    async fn next_answer(&mut self) -> Result<Option<Bytes>, Refusal> {
        let answer = match self.first.take() {
            Some(first) => Some(first),
            None => self
                .deadline
                .run(self.source.message())
                .await?
                .map_err(|status| failure(&status, &self.role))?,
        };
        let Some(answer) = answer else {
            return Ok(None);
        };
        if self.framing == Framing::Raw {
            return Ok(Some(respond::data_of(&self.binding, &answer)));
        }
        let json = respond::to_json(&self.binding, &answer).map_err(Refusal::internal)?;
        Ok(Some(self.framing.result(&json)))
    }

    /// The last frame. Raw bytes have no place for an error, so the connection breaks off.
    fn failed(&self, refusal: Refusal) -> Result<Bytes, Status> {
        if self.framing == Framing::Raw {
            return Err(refusal.into());
        }
        Ok(self
            .framing
            .error(&problem::to_json(&refusal, self.rpc_status.as_ref())))
    }
}
