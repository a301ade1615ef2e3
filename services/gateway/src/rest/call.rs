//! One REST call, from its path to its answer.

use std::sync::Arc;

use bytes::Bytes;
use chassis::Refusal;
use chassis::client::Replicas;
use futures_util::Stream;
use http::request::Parts;
use http::{Request, Response};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::codec::AnyMessage;
use super::path::RequestPath;
use super::router::Lookup;
use super::upload::Upload;
use super::{request, respond, stream};
use crate::edge::{self, Call, CallDeadline};
use crate::gateway::Gateway;
use crate::gzip;
use crate::problem::Problem;
use crate::surface::{Binding, Method};
use crate::upstream::{Target, failure};

/// Serves one REST call.
pub(crate) async fn serve(
    gateway: &Arc<Gateway>,
    request: Request<Body>,
    call: &Arc<Call>,
) -> Response<Body> {
    match try_serve(gateway, request, call).await {
        Ok(response) => response,
        Err(problem) => {
            call.set_code(problem.code());
            problem.into_response(gateway.rpc_status.as_ref())
        }
    }
}

async fn try_serve(
    gateway: &Arc<Gateway>,
    request: Request<Body>,
    call: &Arc<Call>,
) -> Result<Response<Body>, Problem> {
    let (mut parts, body) = request.into_parts();
    let uri = parts.uri.clone();
    let path = RequestPath::parse(uri.path())?;
    let binding = route(gateway, &parts, &path)?;
    call.name(Arc::clone(&binding.route));
    let admitted = gateway
        .admit(call, &binding.method, &mut parts.headers)
        .await?;
    let deadline = admitted.deadline;
    if binding.method.takes_stream() {
        let collected = collect(gateway, binding, parts, body, deadline);
        let answer = deadline.run(collected).await??;
        call.set_code(Code::Ok);
        return Ok(answer);
    }
    let answered = deadline.run(async {
        let limit_bytes = gateway.limits.max_body_bytes;
        let read = admitted.asked_by.run(edge::read_whole(body, limit_bytes));
        let body = read.await??;
        let body = gzip::unpack(&mut parts.headers, body, limit_bytes)?;
        let message = assemble(&binding, &parts, &path, &body)?;
        let target = gateway.upstreams.for_rest(&binding.method, &message)?;
        let outbound = Outbound {
            gateway,
            method: &binding.method,
            target,
            metadata: MetadataMap::from_headers(edge::for_rest(&parts.headers)),
            deadline,
            message: message.encode_to_vec().into(),
        };
        if binding.method.streams_answers() {
            let answers = outbound.send_for_stream().await?;
            let (headers, role) = (&parts.headers, &outbound.target.role);
            let context = stream::Context {
                gateway,
                binding: &binding,
                role,
                headers,
                deadline,
                call,
            };
            stream::respond(context, answers).await
        } else {
            let answer = outbound.send_with_retries().await?;
            call.set_code(Code::Ok);
            Ok(respond::unary(
                &binding,
                answer.metadata(),
                answer.get_ref(),
            )?)
        }
    });
    answered.await?
}

/// Serves a method that takes a stream of requests and gives one answer.
async fn collect(
    gateway: &Gateway,
    binding: Arc<Binding>,
    parts: Parts,
    body: Body,
    deadline: CallDeadline,
) -> Result<Response<Body>, Problem> {
    let outbound = Outbound {
        gateway,
        method: &binding.method,
        target: gateway
            .upstreams
            .for_grpc(&binding.method, &parts.headers)?,
        metadata: MetadataMap::from_headers(edge::for_rest(&parts.headers)),
        deadline,
        message: Bytes::new(),
    };
    let upload = Upload::new(Arc::clone(&binding), parts, body, &gateway.limits);
    let (requests, broken) = upload.requests();
    let answer = tokio::select! {
        biased;
        problem = broken.happened() => return Err(problem),
        answer = outbound.send_stream(requests) => answer?,
    };
    Ok(respond::unary(
        &binding,
        answer.metadata(),
        answer.get_ref(),
    )?)
}

fn route(
    gateway: &Gateway,
    parts: &Parts,
    path: &RequestPath<'_>,
) -> Result<Arc<Binding>, Problem> {
    match gateway.surface.routes().lookup(&parts.method, path) {
        Lookup::Found(binding) => Ok(Arc::clone(binding)),
        Lookup::WrongMethod(allowed) => Err(Problem::wrong_method(allowed)),
        Lookup::NoRoute => Err(Problem::no_route()),
    }
}

fn assemble(
    binding: &Binding,
    parts: &Parts,
    path: &RequestPath<'_>,
    body: &[u8],
) -> Result<DynamicMessage, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let call = request::Parts {
        path,
        query,
        headers: &parts.headers,
        body,
    };
    Ok(request::assemble(binding, &call)?)
}

/// A call as it goes upstream.
struct Outbound<'c> {
    gateway: &'c Gateway,
    method: &'c Method,
    target: Target,
    metadata: MetadataMap,
    deadline: CallDeadline,
    message: Bytes,
}

impl Outbound<'_> {
    /// Sends a unary call, again when it is safe and may help.
    async fn send_with_retries(&self) -> Result<tonic::Response<DynamicMessage>, Refusal> {
        let mut retries = self.gateway.retries.begin(self.method.rule.idempotent);
        loop {
            let refusal = match self.send_once().await {
                Ok(answer) => return Ok(answer),
                Err(status) => failure(&status, &self.target.role),
            };
            match retries.pause_before_another(refusal.code()) {
                Some(pause) => pause.await,
                None => return Err(refusal),
            }
        }
    }

    async fn send_once(&self) -> Result<tonic::Response<DynamicMessage>, Status> {
        let (mut client, codec) = self.client().await?;
        client
            .unary(self.request(), self.method.path.clone(), codec)
            .await
    }

    async fn send_for_stream(
        &self,
    ) -> Result<tonic::Response<tonic::Streaming<DynamicMessage>>, Refusal> {
        let sent = async {
            let (mut client, codec) = self.client().await?;
            client
                .server_streaming(self.request(), self.method.path.clone(), codec)
                .await
        };
        sent.await
            .map_err(|status| failure(&status, &self.target.role))
    }

    async fn send_stream(
        &self,
        requests: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<tonic::Response<DynamicMessage>, Refusal> {
        let sent = async {
            let (mut client, codec) = self.client().await?;
            let request = self.addressed(requests);
            client
                .client_streaming(request, self.method.path.clone(), codec)
                .await
        };
        sent.await
            .map_err(|status| failure(&status, &self.target.role))
    }

    async fn client(&self) -> Result<(Grpc<Replicas>, AnyMessage), Status> {
        let limits = &self.gateway.limits;
        // A stream of requests may be what takes long.
        let deadline = self.deadline.known();
        let deadline = deadline.filter(|_| !self.method.takes_stream());
        let mut client = Grpc::new(self.target.replicas.clone().until(deadline))
            .max_encoding_message_size(usize::MAX)
            .max_decoding_message_size(limits.max_answer_bytes);
        client
            .ready()
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        Ok((
            client,
            AnyMessage {
                answer: self.method.descriptor.output(),
            },
        ))
    }

    fn request(&self) -> tonic::Request<Bytes> {
        self.addressed(self.message.clone())
    }

    /// Adds what stands in the headers.
    fn addressed<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        *request.metadata_mut() = self.metadata.clone();
        if let Some(left) = self.deadline.remaining() {
            request.set_timeout(left);
        }
        request
    }
}
