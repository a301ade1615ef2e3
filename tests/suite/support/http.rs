//! A client of the gateway's REST side, as an application would be one.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Bytes,
    pub(crate) body: Value,
}

impl Answer {
    /// A field of the body that holds text.
    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {self:?}"))
            .to_owned()
    }

    /// The reason in the one `ErrorInfo` of an error.
    pub(crate) fn reason(&self) -> String {
        let infos = self.details("google.rpc.ErrorInfo");
        assert_eq!(infos.len(), 1, "exactly one ErrorInfo in {self:?}");
        assert_eq!(infos[0]["domain"], "patron");
        infos[0]["reason"].as_str().unwrap().to_owned()
    }

    /// The fields that a `BadRequest` names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let violations = self.details("google.rpc.BadRequest");
        let all = violations
            .iter()
            .flat_map(|detail| detail["fieldViolations"].as_array().unwrap());
        all.map(|violation| violation["field"].as_str().unwrap().to_owned())
            .collect()
    }

    fn details(&self, of_type: &str) -> Vec<&Value> {
        let details = self.body["details"]
            .as_array()
            .unwrap_or_else(|| panic!("no details in {self:?}"));
        details
            .iter()
            .filter(|detail| {
                detail["@type"]
                    .as_str()
                    .is_some_and(|name| name.ends_with(of_type))
            })
            .collect()
    }
}

/// The gateway with a token.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) base: String,
    pub(crate) token: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Api {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            base: base.to_owned(),
            token: token.to_owned(),
            client,
        }
    }

    /// The same gateway with another token; empty for none.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Bytes::from(body.to_string())).await
    }

    /// Sends any bytes as a JSON body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Bytes) -> Answer {
        self.send_as(method, path, "application/json", body).await
    }

    /// Sends any bytes as a body of any type.
    pub(crate) async fn send_as(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Answer {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", content_type);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let response = self
            .client
            .request(request.body(Full::new(body)).unwrap())
            .await
            .unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    value.to_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            bytes,
            body,
        }
    }
}
