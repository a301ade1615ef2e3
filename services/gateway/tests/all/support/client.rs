//! Clients: REST over HTTP/1.1, gRPC of any message.

use std::net::SocketAddr;

use bytes::{Buf as _, BufMut as _, Bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::Value;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};

use super::contract::message;

/// A client that sends a token, JSON, and whatever else it is told to.
#[derive(Clone)]
pub(crate) struct RestClient {
    http: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    token: String,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The detail of an error with this type.
    pub(crate) fn detail(&self, name: &str) -> Value {
        let json = self.json();
        let url = format!("type.googleapis.com/google.rpc.{name}");
        let details = json["details"].as_array().unwrap();
        details
            .iter()
            .find(|detail| detail["@type"] == url)
            .cloned()
            .unwrap_or_default()
    }

    /// The fields that an error names, with what is wrong with them.
    pub(crate) fn violations(&self) -> Vec<(String, String)> {
        let detail = self.detail("BadRequest");
        let violations = detail["fieldViolations"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        violations
            .iter()
            .map(|each| (text(&each["field"]), text(&each["description"])))
            .collect()
    }

    /// The one field that an error names.
    pub(crate) fn violation(&self) -> (String, String) {
        let violations = self.violations();
        assert_eq!(violations.len(), 1, "{:?}", self.json());
        violations[0].clone()
    }
}

impl RestClient {
    pub(crate) fn new(address: SocketAddr, token: String) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            address,
            token,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send_text(method, path, &body.to_string()).await
    }

    pub(crate) async fn send_text(&self, method: Method, path: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, path, &headers, body.to_owned().into())
            .await
    }

    /// Sends anything. A header `authorization` takes the place of the token; an empty one leaves it
    /// out.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let uri = format!("http://{}{path}", self.address);
        let mut request = Request::builder().method(method).uri(uri);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let response = self
            .http
            .request(request.body(Full::new(body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// A message as gRPC-Web frames it.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

/// A gRPC client of `test.v1`.
#[derive(Clone)]
pub(crate) struct GrpcClient {
    pub(crate) grpc: Grpc<Channel>,
    token: String,
}

impl GrpcClient {
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut grpc = Grpc::new(endpoint.connect().await.unwrap());
        grpc.ready().await.unwrap();
        Self {
            grpc,
            token: token.to_owned(),
        }
    }

    pub(crate) fn request<T>(&self, body: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(body);
        let token = format!("Bearer {}", self.token).parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        request
    }

    pub(crate) async fn unary(
        &mut self,
        path: &'static str,
        request: tonic::Request<DynamicMessage>,
    ) -> Result<tonic::Response<DynamicMessage>, Status> {
        self.grpc.ready().await.unwrap();
        self.grpc
            .unary(
                request,
                http::uri::PathAndQuery::from_static(path),
                shapes(),
            )
            .await
    }
}

/// Messages of one type in both directions.
#[derive(Clone)]
pub(crate) struct Messages(MessageDescriptor);

/// The codec of `test.v1.Shape`.
pub(crate) fn shapes() -> Messages {
    Messages(message("Shape"))
}

impl Codec for Messages {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Messages {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item.encode_to_vec().as_slice());
        Ok(())
    }
}

impl Decoder for Messages {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(DynamicMessage::decode(self.0.clone(), bytes).unwrap()))
    }
}
