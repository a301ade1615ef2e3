use std::sync::Arc;

use access::{Caller, Decision, Method, Reach, Roles};
use contract::patron::r#type::v1::ErrorReason;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Response};
use tonic::Code;
use tonic::body::Body;

use super::{Around, Call, Handler, Target, refuse};
use crate::config::StepUpConfig;
use crate::tokens::{no_token, token_refused};
use crate::{Clock, KeyWatch, NotVerified, Refusal, scope};

/// Carries the subject on whose behalf a service calls. Believed from services alone.
pub(crate) const ORIGIN: HeaderName = HeaderName::from_static("patron-origin");

/// Longest origin that is taken over, in bytes.
const MAX_ORIGIN_BYTES: usize = 256;

/// Finds out who is calling, and lets through who may.
#[derive(Clone)]
pub(super) struct Admit(Arc<Inner>);

struct Inner {
    keys: KeyWatch,
    roles: Roles,
    step_up: StepUpConfig,
    clock: Clock,
}

impl Admit {
    pub(super) fn new(keys: KeyWatch, roles: Roles, step_up: StepUpConfig, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            keys,
            roles,
            step_up,
            clock,
        }))
    }

    /// Who calls, and whose records are within reach; `None`: everybody's.
    async fn admit(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(Arc<Caller>, Option<Arc<Reach>>), Refusal> {
        let bearer = bearer(headers).ok_or_else(|| no_token("a bearer token is needed"))?;
        let verified = self.0.keys.verify(bearer, self.0.clock.now());
        let caller = verified.await.map_err(|error| not_believed(&error))?;
        let caller = with_origin(caller, headers);
        let reach = permit(&self.0.roles, &caller, method)?;
        let confined = (!reach.is_all()).then(|| Arc::new(reach));
        self.0
            .step_up
            .require(method, &caller, self.0.clock.now())?;
        Ok((caller, confined))
    }
}

impl Around for Admit {
    async fn around(&self, mut call: Call, rest: &impl Handler) -> Response<Body> {
        let method = match &call.target {
            Target::Infrastructure => return rest.handle(call).await,
            Target::Unknown => return refuse(no_such_method()),
            Target::Declared(method) if method.anonymous => return rest.handle(call).await,
            Target::Declared(method) => method,
        };
        match self.admit(method, call.http.headers()).await {
            Ok((caller, confined)) => {
                call.exposure = self.0.roles.exposure(&caller);
                call.confined = confined;
                let originator = Arc::from(caller.originator());
                call.http.extensions_mut().insert(caller);
                scope::with_originator(originator, rest.handle(call)).await
            }
            Err(refusal) => refuse(refusal),
        }
    }
}

/// For whose records.
fn permit(roles: &Roles, caller: &Caller, method: &Method) -> Result<Reach, Refusal> {
    if method.internal && !caller.is_service() {
        return Err(denied("only Patron's own services may call this", method));
    }
    match roles.authorise(caller, &method.permission) {
        Decision::Allowed { reach, .. } => Ok(reach),
        Decision::OutOfScope { .. } => {
            let message = "the scopes of the caller's key do not cover the permission";
            Err(denied(message, method).metadata("limited_by", "scope"))
        }
        Decision::Denied => Err(denied("the caller lacks the permission", method)),
    }
}

/// The token of an `authorization: Bearer …` header; the scheme's case does not matter (RFC 9110).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn with_origin(caller: Arc<Caller>, headers: &HeaderMap) -> Arc<Caller> {
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    match origin.filter(|origin| caller.is_service() && origin.len() <= MAX_ORIGIN_BYTES) {
        Some(origin) => Arc::new(Caller {
            origin: Some(origin.to_owned()),
            ..(*caller).clone()
        }),
        None => caller,
    }
}

fn not_believed(error: &NotVerified) -> Refusal {
    tracing::debug!(%error, "a token was refused");
    token_refused(error)
}

fn denied(message: &str, method: &Method) -> Refusal {
    Refusal::new(
        Code::PermissionDenied,
        ErrorReason::PermissionDenied,
        message,
    )
    .metadata("permission", method.permission.as_str())
}

fn no_such_method() -> Refusal {
    Refusal::new(
        Code::Unimplemented,
        ErrorReason::MethodNotFound,
        "no such method is served here",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_method_is_closed_also_to_those_who_may_do_everything() {
        let declared = access::MethodRules::from_pool(contract::pool()).unwrap();
        let follow = declared
            .get("/patron.events.v1.EventFeedService/Follow")
            .unwrap();
        let internal = Method {
            internal: true,
            ..(**follow).clone()
        };
        let service = Caller::service("loyalty");
        let operator = Caller {
            subject: "user:ann".to_owned(),
            roles: vec!["operator".to_owned()],
            ..service.clone()
        };
        let roles = Roles::default();
        assert!(permit(&roles, &operator, follow).is_ok());
        assert!(permit(&roles, &operator, &internal).is_err());
        assert!(permit(&roles, &service, &internal).is_ok());
    }
}
