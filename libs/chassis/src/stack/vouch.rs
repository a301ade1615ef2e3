use std::sync::Arc;

use access::Caller;
use contract::patron::r#type::v1::ErrorReason;
use http::{Extensions, Response};
use tonic::Code;
use tonic::body::Body;

use super::{Around, Call, Handler, refuse};
use crate::Refusal;
use crate::tls::Peer;

/// Begins the subject of every service.
const SERVICE_PREFIX: &str = "service:";

/// Begins the subject of every system with an API key.
const MACHINE_PREFIX: &str = "machine:";
/// The role that makes tokens of API keys.
const GATEWAY: &str = "gateway";

/// Where roles prove by certificates who they are, a service's token is believed from that service
/// alone, and a machine's from the gateway alone: one that was stolen, or that another service was sent,
/// is worth nothing elsewhere, and so is one that a service has made up by the key that all of them have.
#[derive(Clone)]
pub(super) struct Vouch;

impl Around for Vouch {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        if is_vouched_for(call.http.extensions()) {
            rest.handle(call).await
        } else {
            refuse(another())
        }
    }
}

fn is_vouched_for(extensions: &Extensions) -> bool {
    let caller = extensions.get::<Arc<Caller>>();
    let (Some(caller), Some(peer)) = (caller, extensions.get::<Peer>()) else {
        return true;
    };
    bearer(&caller.subject).is_none_or(|role| peer.is_role(role))
}

/// The one role that brings tokens of this subject; people's come as they are.
fn bearer(subject: &str) -> Option<&str> {
    if subject.starts_with(MACHINE_PREFIX) {
        return Some(GATEWAY);
    }
    subject.strip_prefix(SERVICE_PREFIX)
}

fn another() -> Refusal {
    let message = "the token is another role's than the certificate of the connection";
    let reason = ErrorReason::CertificateOfAnother;
    Refusal::new(Code::Unauthenticated, reason, message)
}
