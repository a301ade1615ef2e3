//! Every method of the contract, called by everybody who may not call it.
//!
//! What is called follows from the descriptors, so a method is walked to on the day it is added.

use access::{Caller, Method, MethodRules, Roles};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::report::Row;
use crate::victim::Victim;

pub(crate) const NAME: &str = "BOLA walk";

/// Who may do everything.
const OPERATOR: &str = "operator";

/// An empty message, framed.
const EMPTY: &[u8] = &[0; 5];

const UNAUTHENTICATED: &str = "16";
const PERMISSION_DENIED: &str = "7";
const UNIMPLEMENTED: &str = "12";

/// Calls all methods in all ways that must be refused.
pub(crate) async fn run(victim: &Victim) -> anyhow::Result<Row> {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let walk = Walk {
        client,
        victim,
        roles: Roles::default(),
    };
    let rules = MethodRules::from_pool(contract::pool())?;
    let (mut calls, mut faults) = (0, Vec::new());
    for method in rules.methods() {
        for (who, authorization, expected) in walk.strangers(method)? {
            calls += 1;
            let code = walk.call(method, &authorization).await?;
            if code != expected {
                faults.push(format!(
                    "{} by {who}: {code} instead of {expected}",
                    method.path
                ));
            }
        }
    }
    Ok(Row::of_calls(NAME, "8.2.1", calls, faults))
}

struct Walk<'v> {
    client: Client<HttpConnector, Full<Bytes>>,
    victim: &'v Victim,
    roles: Roles,
}

impl Walk<'_> {
    /// Who may not call a method, and how each must be refused.
    fn strangers(&self, method: &Method) -> anyhow::Result<Vec<(&str, String, &'static str)>> {
        if method.internal {
            // Not even there, also for those who may do everything.
            let operator = self.victim.authorization("mallory", &[OPERATOR])?;
            return Ok(vec![("the operator", operator, UNIMPLEMENTED)]);
        }
        if method.anonymous {
            return Ok(Vec::new());
        }
        let mut strangers = vec![
            ("nobody", String::new(), UNAUTHENTICATED),
            ("a forger", "Bearer x.y.z".to_owned(), UNAUTHENTICATED),
        ];
        let without = self.victim.authorization("mallory", &[])?;
        strangers.push(("somebody without a role", without, PERMISSION_DENIED));
        let unheard = self.victim.authorization("mallory", &["root", "admin"])?;
        strangers.push(("somebody with unknown roles", unheard, PERMISSION_DENIED));
        let given = self
            .roles
            .names()
            .filter(|role| self.roles.can_be_given(role));
        for role in given.filter(|role| *role != OPERATOR) {
            let caller = Caller {
                roles: vec![role.to_owned()],
                ..Caller::service("any")
            };
            if !self.roles.allows(&caller, &method.permission) {
                let authorization = self.victim.authorization("mallory", &[role])?;
                strangers.push((role, authorization, PERMISSION_DENIED));
            }
        }
        Ok(strangers)
    }

    /// The code with which a call ends, at once or after all.
    async fn call(&self, method: &Method, authorization: &str) -> anyhow::Result<String> {
        let url = format!("http://{}{}", self.victim.address, method.path);
        let request = Request::post(url)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            // Where every service has the method, one is named.
            .header("patron-service", "loyalty")
            // What only services are believed about.
            .header("patron-origin", "service:loyalty")
            .header("authorization", authorization)
            .body(Full::new(Bytes::from_static(EMPTY)))?;
        let response = self.client.request(request).await?;
        let code = response.headers().get("grpc-status");
        let code = code.and_then(|code| code.to_str().ok()).unwrap_or("let in");
        Ok(code.to_owned())
    }
}
