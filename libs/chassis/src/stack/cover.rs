use std::pin::Pin;
use std::task::Context;

use contract::exposure::{self, Exposure};
use http::Response;
use http_body::Body as _;
use tonic::body::Body;

use super::body::{AroundBody, Polled, wrap};
use super::{Around, Call, Handler};

/// Runs the call as its caller is exposed to personal data: the codec masks answers and looks through requests
/// by it, whichever handler made them.
#[derive(Clone)]
pub(super) struct Cover;

impl Around for Cover {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        let exposure = call.exposure;
        let response = exposure::within(exposure, rest.handle(call)).await;
        if exposure.is_all() {
            return response;
        }
        response.map(|body| wrap(body, Covered(exposure)))
    }
}

/// Answers are encoded when they are asked for, after the handler has returned.
struct Covered(Exposure);

impl AroundBody for Covered {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        exposure::within_sync(self.0, || body.poll_frame(context))
    }
}
