//! Unary calls that the contract calls idempotent: they are sent again when that may help.
//!
//! For that, the request is read before it is sent, and the answer before it is passed on, as long as it is small.

use std::collections::VecDeque;

use bytes::Bytes;
use chassis::Refusal;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::{Code, Status};

use super::answer::GuardedAnswer;
use crate::edge::{self, CallDeadline, Pieces};
use crate::gateway::Gateway;
use crate::surface::Method;
use crate::upstream::{self, Target};

/// So much of an answer is there before any of it is passed on. One that breaks off later is not asked for again, as
/// its beginning has been told.
const HELD_BYTES: usize = 64 * 1024;

/// A safe call as it goes upstream.
pub(super) struct SafeCall<'c> {
    gateway: &'c Gateway,
    method: &'c Method,
    target: Target,
    deadline: CallDeadline,
}

/// An answer, of which the beginning is there.
struct Held {
    answer: Response<Body>,
    beginning: VecDeque<Frame<Bytes>>,
}

impl<'c> SafeCall<'c> {
    /// To this target, until then.
    pub(super) fn new(
        gateway: &'c Gateway,
        method: &'c Method,
        mut target: Target,
        deadline: CallDeadline,
    ) -> Self {
        target.replicas = target.replicas.until(deadline.known());
        Self {
            gateway,
            method,
            target,
            deadline,
        }
    }

    /// Reads the call and sends it, again when it is safe and may help.
    pub(super) async fn send(self, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        let (parts, body) = request.into_parts();
        let message = super::read_message(self.gateway, body).await?;
        let headers = edge::for_grpc(parts.headers);
        let mut retries = self.gateway.retries.begin(true);
        loop {
            let answer = self.send_once(headers.clone(), message.clone()).await;
            match retries.pause_before_another(code(&answer)) {
                Some(pause) => pause.await,
                None => return Ok(answer?.passed_on(self.deadline)),
            }
        }
    }

    async fn send_once(&self, headers: HeaderMap, message: Pieces) -> Result<Held, Refusal> {
        let body = Body::new(message);
        let outbound = super::addressed(self.method, headers, body, self.deadline);
        let answer = super::send(&self.target, outbound).await?;
        let held = Held::read(answer).await;
        held.map_err(|broken| upstream::broken(&broken, &self.target.role))
    }
}

impl Held {
    async fn read(mut answer: Response<Body>) -> Result<Self, Status> {
        let (mut beginning, mut held_bytes) = (VecDeque::with_capacity(2), 0);
        let body = answer.body_mut();
        while held_bytes < HELD_BYTES
            && !body.is_end_stream()
            && let Some(frame) = body.frame().await
        {
            let frame = frame?;
            held_bytes += frame.data_ref().map_or(0, Bytes::len);
            beginning.push_back(frame);
        }
        Ok(Self { answer, beginning })
    }

    fn passed_on(self, deadline: CallDeadline) -> Response<Body> {
        let beginning = self.beginning;
        self.answer
            .map(|rest| Body::new(GuardedAnswer::new(rest, deadline).after(beginning)))
    }
}

/// How it ended, as far as that is known before its answer is read: a refusal stands in the headers.
fn code(answer: &Result<Held, Refusal>) -> Code {
    match answer {
        Ok(held) => {
            let status = held.answer.headers().get(Status::GRPC_STATUS);
            status.map_or(Code::Ok, |status| Code::from_bytes(status.as_bytes()))
        }
        Err(refusal) => refusal.code(),
    }
}
