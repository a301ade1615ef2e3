//! Messages may be compressed in both directions, and are bounded by their size when unpacked.

use contract::patron::events::v1::ListDeadLettersRequest;
use contract::patron::events::v1::event_admin_service_client::EventAdminServiceClient;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};

use crate::harness::{Role, operator, reason, replay, unary, within};

async fn client(role: &Role) -> EventAdminServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(role.url()).unwrap();
    EventAdminServiceClient::new(endpoint.connect().await.unwrap())
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip)
}

fn by_operator<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let token = operator().parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    request
}

#[tokio::test]
async fn a_client_that_compresses_is_understood_and_answered_in_kind() {
    let role = Role::start(unary(|request| async move {
        assert_eq!(request.metadata().get("grpc-encoding").unwrap(), "gzip");
        Ok(())
    }))
    .await;
    let mut client = client(&role).await;
    let answer = within(client.replay_dead_letters(by_operator(replay()))).await;
    let answer = answer.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip");
}

#[tokio::test]
async fn a_message_that_unpacks_beyond_the_limit_is_refused_as_too_large() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let mut client = client(&role).await;
    let message = ListDeadLettersRequest {
        service: "x".repeat(chassis::MAX_MESSAGE_BYTES + 1),
        ..Default::default()
    };
    let refused = within(client.list_dead_letters(by_operator(message))).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(reason(&refused), "TOO_LARGE");
}
