//! Tools can ask the gateway itself what it exposes, in both versions of the protocol.

use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::transport::{Channel, Endpoint};

use crate::support::Bench;

async fn channel(bench: &Bench) -> Channel {
    let address = format!("http://{}", bench.address());
    let endpoint = Endpoint::from_shared(address).unwrap();
    endpoint.connect().await.unwrap()
}

/// The names of the services, and the file that declares one of them. The two versions of the
/// protocol differ in nothing but their package.
macro_rules! ask {
    ($version:ident, $channel:expr) => {{
        use tonic_reflection::pb::$version::ServerReflectionRequest;
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

        let ask = |request| ServerReflectionRequest {
            host: String::new(),
            message_request: Some(request),
        };
        let questions = [
            MessageRequest::ListServices(String::new()),
            MessageRequest::FileContainingSymbol("test.v1.ShapeService".to_owned()),
        ];
        let mut answers = ServerReflectionClient::new($channel)
            .server_reflection_info(tokio_stream::iter(questions.map(ask)))
            .await
            .unwrap()
            .into_inner();
        let mut next = async || answers.message().await.unwrap().unwrap().message_response;
        let (services, files) = (next().await, next().await);
        let Some(MessageResponse::ListServicesResponse(list)) = services else {
            panic!("{services:?}");
        };
        let Some(MessageResponse::FileDescriptorResponse(files)) = files else {
            panic!("{files:?}");
        };
        let names: Vec<String> = list.service.into_iter().map(|it| it.name).collect();
        (names, files.file_descriptor_proto)
    }};
}

fn check((names, files): (Vec<String>, Vec<Vec<u8>>)) {
    for exposed in ["test.v1.ShapeService", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|name| name == exposed), "{names:?}");
    }
    let hidden = "test.v1.UndeclaredService";
    assert!(!names.iter().any(|name| name == hidden), "{names:?}");
    let file = FileDescriptorProto::decode(files[0].as_slice()).unwrap();
    assert_eq!(file.name(), "test/v1/shapes.proto");
}

#[tokio::test]
async fn what_is_exposed_can_be_asked_for() {
    let bench = Bench::start().await;
    check(ask!(v1, channel(&bench).await));
}

#[tokio::test]
async fn older_tools_can_ask_for_it_too() {
    let bench = Bench::start().await;
    check(ask!(v1alpha, channel(&bench).await));
}
