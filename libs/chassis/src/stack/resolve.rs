use std::sync::Arc;

use access::MethodRules;
use http::Response;
use tonic::body::Body;

use super::{Around, Call, Handler, Target};

/// Services that are not part of the contract and that anybody may call.
const INFRASTRUCTURE: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// Finds out which method of the contract a call is for.
#[derive(Clone)]
pub(super) struct Resolve {
    rules: Arc<MethodRules>,
}

impl Resolve {
    pub(super) fn new(rules: MethodRules) -> Self {
        Self {
            rules: Arc::new(rules),
        }
    }

    fn target(&self, path: &str) -> Target {
        match self.rules.get(path) {
            Some(method) => Target::Declared(Arc::clone(method)),
            None if INFRASTRUCTURE
                .iter()
                .any(|service| path.starts_with(service)) =>
            {
                Target::Infrastructure
            }
            None => Target::Unknown,
        }
    }
}

impl Around for Resolve {
    async fn around(&self, mut call: Call, rest: &impl Handler) -> Response<Body> {
        call.target = self.target(call.http.uri().path());
        rest.handle(call).await
    }
}
