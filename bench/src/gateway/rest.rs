//! Calls as REST.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::front::Front;
use crate::load::{self, Load, Outcome};

/// Connections of HTTP/2 that the callers share. Over HTTP/1.1 each has one of its own.
const CONNECTIONS: usize = 4;

type Http = Client<HttpConnector, Full<Bytes>>;

/// Calls of one kind.
#[derive(Clone)]
pub(super) struct Rest {
    address: Arc<str>,
    bearers: Arc<[HeaderValue]>,
    method: Method,
    path: String,
    body: Bytes,
    is_http2: bool,
    is_gzip: bool,
}

impl Rest {
    /// Reads a purchase, 1 kB of JSON, or 240 bytes for each line that the order's id asks for.
    pub(super) fn read(front: &Front, order_id: &str) -> Self {
        let member = uuid::Uuid::nil();
        let path = format!("/v1/members/{member}/sales/{order_id}");
        Self::new(front, Method::GET, path, Bytes::new())
    }

    /// Credits points: half a kB of JSON in each direction.
    pub(super) fn write(front: &Front) -> Self {
        let member = uuid::Uuid::nil();
        let path = format!("/v1/members/{member}/accruals?requestId={member}");
        let body = serde_json::json!({
            "customerId": member.to_string(),
            "walletId": "POINTS",
            "points": "1500",
            "reference": "a hundred and twenty characters of what the caller has to say about why it \
                          credits these points to the member, ok",
            "earnTime": "2026-03-09T10:00:00Z",
            "fundingPartner": "partner-of-the-program-that-pays-for-it",
            "cost": {"currencyCode": "GBP", "amountMinor": "1550"},
        });
        Self::new(front, Method::POST, path, body.to_string().into())
    }

    fn new(front: &Front, method: Method, path: String, body: Bytes) -> Self {
        let bearers = front.bearers.iter();
        let bearers = bearers.filter_map(|it| HeaderValue::from_bytes(it.as_bytes()).ok());
        Self {
            address: front.gateway.address.as_str().into(),
            bearers: bearers.collect(),
            method,
            path,
            body,
            is_http2: false,
            is_gzip: false,
        }
    }

    pub(super) fn over_http2(mut self) -> Self {
        self.is_http2 = true;
        self
    }

    /// Takes compressed answers.
    pub(super) fn gzip(mut self) -> Self {
        self.is_gzip = true;
        self
    }

    /// Makes such calls, each when the one before is answered.
    pub(super) async fn load(&self, duration: Duration, callers: u32) -> anyhow::Result<Outcome> {
        let clients: Vec<Http> = (0..CONNECTIONS).map(|_| self.client()).collect();
        let load = Load {
            callers,
            duration,
            rate: None,
        };
        let rest = self.clone();
        let call = move |client, (caller, _)| {
            let rest = rest.clone();
            async move { rest.call(&client, caller).await }
        };
        load::run_over(&clients, load, call).await
    }

    fn client(&self) -> Http {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client::builder(TokioExecutor::new())
            .http2_only(self.is_http2)
            .build(connector)
    }

    async fn call(&self, client: &Http, caller: u32) -> anyhow::Result<()> {
        let bearer = self.bearers.get(caller as usize % self.bearers.len());
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(format!("{}{}", self.address, self.path))
            .header(AUTHORIZATION, bearer.context("there are no tokens")?);
        if self.is_gzip {
            request = request.header(ACCEPT_ENCODING, "gzip");
        }
        if !self.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(self.body.clone()))?;
        let answer = client.request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{status}: {}", body.escape_ascii());
        Ok(())
    }
}
