//! Callers who are confined to some customers: whatever a request names, it is not another's.

mod frame;
mod names;

use std::sync::Arc;

use access::{Method, Reach, Records};
use contract::patron::r#type::v1::ErrorReason;
use http::Response;
use http_body_util::{BodyExt as _, Full, Limited};
use tonic::Code;
use tonic::body::Body;

use super::{Around, Call, Handler, Target, refuse};
use crate::records::{Guard, Named, tell};
use crate::{Deadline, MAX_MESSAGE_BYTES, Refusal};
use frame::{PREFIX_BYTES, message};

/// Keeps confined callers to the customers within their reach. Others pass: there is nothing to look at.
#[derive(Clone)]
pub(super) struct Confine(Guard);

impl Confine {
    pub(super) fn new(guard: Guard) -> Self {
        Self(guard)
    }

    /// The call, when all that it names is within reach.
    async fn confine(&self, mut call: Box<Call>, reach: Arc<Reach>) -> Result<Box<Call>, Refusal> {
        let Target::Declared(method) = &call.target else {
            return Ok(call);
        };
        tell(call.http.extensions_mut(), &reach);
        match method.records {
            Records::Nobodys | Records::Filtered => Ok(call),
            Records::Named | Records::Listed => {
                let method = Arc::clone(method);
                self.look(&mut call, &method, reach).await?;
                Ok(call)
            }
        }
    }

    async fn look(
        &self,
        call: &mut Call,
        method: &Method,
        reach: Arc<Reach>,
    ) -> Result<(), Refusal> {
        if names::is_stream(method) {
            return Err(not_confinable(method));
        }
        let encoding = frame::encoding(call.http.headers());
        let body = std::mem::take(call.http.body_mut());
        let limited = Limited::new(body, MAX_MESSAGE_BYTES + PREFIX_BYTES);
        let collected = limited.collect().await.map_err(|_| unreadable())?;
        let bytes = collected.to_bytes();
        let message = message(&bytes, encoding).ok_or_else(unreadable)?;
        let names = names::of(method, &message).ok_or_else(unreadable)?;
        *call.http.body_mut() = Body::new(Full::new(bytes));
        let deadline = call.http.extensions().get::<Deadline>().copied();
        if method.records == Records::Listed && names.customers.is_empty() {
            let confined = self.0.confined(reach, deadline);
            let confined = confined.ok_or_else(|| not_confinable(method))?;
            call.http.extensions_mut().insert(confined);
            return Ok(());
        }
        let named = Named {
            customers: names.customers,
            reach,
            deadline,
        };
        let admitted = self.0.admit(named, names.resources).await;
        admitted.ok_or_else(|| not_confinable(method))?
    }
}

impl Around for Confine {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        let call = match call.confined.clone() {
            None => call,
            // In a box: few callers are confined, and the others need not carry what it takes.
            Some(reach) => match Box::pin(self.confine(Box::new(call), reach)).await {
                Ok(call) => *call,
                Err(refusal) => return refuse(refusal),
            },
        };
        rest.handle(call).await
    }
}

/// Nothing says whose records the answer would be of, so a caller who may not see all gets none.
fn not_confinable(method: &Method) -> Refusal {
    let message = "the caller may see some customers alone, and the request names none";
    let (code, reason) = (Code::PermissionDenied, ErrorReason::PermissionDenied);
    Refusal::new(code, reason, message)
        .metadata("permission", method.permission.as_str())
        .metadata("limited_by", "records")
}

fn unreadable() -> Refusal {
    let message = "the request can't be decoded";
    Refusal::new(Code::InvalidArgument, ErrorReason::InvalidArgument, message)
}
