//! A small client for Patron's REST API.

mod error;
mod retry;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub(crate) use error::{ApiError, ClientError};
pub(crate) use retry::Patience;

/// Largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Longest wait for a connection, and for one whole answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// Connections that wait for their next use.
const IDLE_CONNECTIONS: usize = 8;

/// Calls one server with one token. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    base: Uri,
    authorization: Option<HeaderValue>,
}

/// An answer with a status of success.
pub(crate) struct Answer {
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as any JSON.
    pub(crate) fn json(&self) -> Result<Value, ClientError> {
        self.parse()
    }

    /// The body as JSON of a known shape.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(ClientError::Answer)
    }
}

impl Client {
    /// A client of the server at `url` (`http://host:port`), with a bearer token or, when that is
    /// empty, without.
    pub(crate) fn new(url: &str, token: &str) -> Result<Self, ClientError> {
        let base: Uri = url.parse().map_err(|_| ClientError::Url {
            url: url.to_owned(),
        })?;
        if base.scheme() != Some(&Scheme::HTTP) || base.authority().is_none() {
            return Err(ClientError::Url {
                url: url.to_owned(),
            });
        }
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self {
            pool,
            base,
            authorization: authorization(token)?,
        })
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.call(Method::GET, path, Bytes::new()).await
    }

    /// Sends JSON.
    pub(crate) async fn post(&self, path: &str, json: Bytes) -> Result<Answer, ClientError> {
        self.call(Method::POST, path, json).await
    }

    async fn call(&self, method: Method, path: &str, json: Bytes) -> Result<Answer, ClientError> {
        let request = self.request(method, path, json)?;
        // No answer within the bound is as good as none: the connection is given up.
        match tokio::time::timeout(ANSWER_TIMEOUT, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(ClientError::Timeout {
                seconds: ANSWER_TIMEOUT.as_secs(),
            }),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        json: Bytes,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.uri(path)?)
            .header(ACCEPT, "application/json");
        if !json.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        request.body(Full::new(json)).map_err(ClientError::Request)
    }

    fn uri(&self, path: &str) -> Result<Uri, ClientError> {
        let wrong = || ClientError::Url {
            url: format!("{}{path}", self.base),
        };
        let mut parts = self.base.clone().into_parts();
        let prefix = self.base.path().trim_end_matches('/');
        let path = PathAndQuery::try_from(format!("{prefix}{path}")).map_err(|_| wrong())?;
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(|_| wrong())
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, ClientError> {
        let response = self
            .pool
            .request(request)
            .await
            .map_err(ClientError::Connection)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(ClientError::Body)?.to_bytes();
        if head.status.is_success() {
            return Ok(Answer { body });
        }
        let retry_after = head.headers.get(RETRY_AFTER).and_then(seconds);
        Err(refusal(head.status, retry_after, &body))
    }
}

fn authorization(token: &str) -> Result<Option<HeaderValue>, ClientError> {
    if token.is_empty() {
        return Ok(None);
    }
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| ClientError::Token)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn seconds(header: &HeaderValue) -> Option<Duration> {
    header.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn refusal(status: StatusCode, retry_after: Option<Duration>, body: &Bytes) -> ClientError {
    let error = serde_json::from_slice(body).unwrap_or_default();
    ClientError::Refused {
        status,
        retry_after,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_to_the_url_and_other_urls_are_refused() {
        let client = Client::new("http://localhost:8080/api/", "").unwrap();
        let uri = client.uri("/v1/baskets:batchRecord").unwrap();
        assert_eq!(uri, "http://localhost:8080/api/v1/baskets:batchRecord");
        for url in ["localhost:8080", "https://x", "ftp://x", ""] {
            assert!(
                matches!(Client::new(url, ""), Err(ClientError::Url { .. })),
                "{url}"
            );
        }
        assert!(matches!(
            Client::new("http://x", "a\nb"),
            Err(ClientError::Token)
        ));
    }
}
