//! What the orchestrator, the monitoring and an inquisitive developer see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chassis::health::HealthState;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::harness::{LIST, Role, config, endless, service, unary, within};

async fn serving_status(role: &Role, service: &str) -> ServingStatus {
    let channel = Endpoint::from_shared(role.url())
        .unwrap()
        .connect()
        .await
        .unwrap();
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel).check(request).await.unwrap();
    answer.into_inner().status()
}

async fn until_status(role: &Role, wanted: ServingStatus) {
    let service = "patron.events.v1.EventFeedService";
    within(async { while serving_status(role, service).await != wanted {} }).await;
}

#[tokio::test]
async fn readiness_follows_the_checks_on_both_ports() {
    let works = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&works);
    let service = service(unary(|_| async { Ok(()) }), endless).ready("database", move || {
        let works = seen.load(Ordering::Relaxed);
        async move { if works { Ok(()) } else { Err("unreachable") } }
    });
    let role = Role::serve(config(), service).await;
    role.ready().await;
    until_status(&role, ServingStatus::Serving).await;
    assert_eq!(role.admin("/startup").await.0, 200);
    assert_eq!(role.admin("/ready").await.0, 200);

    works.store(false, Ordering::Relaxed);
    let mut changes = role.running.health().subscribe();
    within(changes.wait_for(|state: &HealthState| !state.is_ready()))
        .await
        .unwrap();
    let expected = r#"{"ok":false,"failing":["database"]}"#;
    assert_eq!(role.admin("/ready").await, (503, expected.to_owned()));
    assert_eq!(role.admin("/live").await.0, 200);
    until_status(&role, ServingStatus::NotServing).await;
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    role.operate(LIST).await;
    role.operate(LIST).await;
    role.call(LIST, &[]).await;
    role.operate("/made.up/Name").await;
    let (status, metrics) = role.admin("/metrics").await;
    assert_eq!(status, 200);
    let list = r#"service="test",rpc_service="patron.events.v1.EventAdminService",rpc_method="ListDeadLetters""#;
    for line in [
        format!("rpc_server_started_total{{{list}}} 3"),
        format!("rpc_server_in_flight{{{list}}} 0"),
        format!("rpc_server_duration_seconds_count{{{list},rpc_grpc_status_code=\"0\"}} 2"),
        format!("rpc_server_duration_seconds_count{{{list},rpc_grpc_status_code=\"16\"}} 1"),
    ] {
        assert!(metrics.contains(&line), "{line} in\n{metrics}");
    }
    assert!(!metrics.contains("made.up"), "nobody makes up labels");
}

#[tokio::test]
async fn tools_can_ask_what_is_served() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let channel = Endpoint::from_shared(role.url())
        .unwrap()
        .connect()
        .await
        .unwrap();
    let asked = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let asked = tokio_stream::iter([asked]);
    let answers = ServerReflectionClient::new(channel)
        .server_reflection_info(asked)
        .await;
    let answer = within(answers.unwrap().into_inner().message())
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}");
    };
    let names: Vec<_> = list
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    assert!(
        names.contains(&"patron.events.v1.EventAdminService"),
        "{names:?}"
    );
    assert!(
        !names.contains(&"patron.profile.v1.CustomerService"),
        "{names:?}"
    );
}

#[tokio::test]
async fn many_roles_live_in_one_process_and_share_nothing() {
    let first = Role::start(unary(|_| async { Ok(()) })).await;
    let second = Role::start(unary(|_| async { Ok(()) })).await;
    first.operate(LIST).await;
    first.shutdown.cancel();
    within(first.running.stopped()).await;
    second.operate(LIST).await;
    let metrics = second.admin("/metrics").await.1;
    assert!(
        metrics.contains(r#"rpc_method="ListDeadLetters"} 1"#),
        "{metrics}"
    );
}
