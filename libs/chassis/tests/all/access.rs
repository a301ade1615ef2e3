//! Nobody gets through who may not, and nothing is served that declares no access.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::{Clock, ServeError, Service};
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{
    LIST, REPLAY, Role, authorization, config, confined, machine, operator, unary, within,
};

async fn role() -> Role {
    Role::start(unary(|_| async { Ok(()) })).await
}

#[tokio::test]
async fn a_caller_without_a_good_token_is_unauthenticated() {
    let role = role().await;
    let now = Clock::system().now();
    let expired = authorization(&["operator"], now - SignedDuration::from_hours(2));
    let mut forged = operator();
    let tampered = if forged.ends_with('A') { 'B' } else { 'A' };
    forged.replace_range(forged.len() - 2..forged.len() - 1, &tampered.to_string());
    let mut unsigned = operator();
    let payload = unsigned.split('.').nth(1).unwrap().to_owned();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"x"}"#);
    unsigned = format!("Bearer {header}.{payload}.");
    for bad in [
        "",
        "Bearer ",
        "Bearer x.y.z",
        "Basic dXNlcg==",
        &expired,
        &forged,
        &unsigned,
    ] {
        let answer = role.call(LIST, &[("authorization", bad)]).await;
        assert_eq!(answer.status.code(), Code::Unauthenticated, "{bad}");
        assert_eq!(answer.reason(), "UNAUTHENTICATED");
    }
    assert_eq!(
        role.call(LIST, &[]).await.status.code(),
        Code::Unauthenticated
    );
    assert_eq!(role.operate(LIST).await.status.code(), Code::Ok);
}

#[tokio::test]
async fn a_caller_without_the_permission_is_told_which_one() {
    let role = role().await;
    let analyst = authorization(&["analyst"], Clock::system().now());
    let answer = role.call(LIST, &[("authorization", &analyst)]).await;
    assert_eq!(answer.status.code(), Code::PermissionDenied);
    assert_eq!(answer.reason(), "PERMISSION_DENIED");
    let info = answer.status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["permission"], "events.deadletters.read");
}

#[tokio::test]
async fn the_scopes_of_an_api_key_limit_what_its_roles_allow_in_the_service_itself() {
    let role = role().await;
    let covered = machine(&["operator"], "events.*.read");
    let answer = role.call(LIST, &[("authorization", &covered)]).await;
    assert_eq!(answer.status.code(), Code::Ok, "{:?}", answer.status);
    let elsewhere = machine(&["operator"], "loyalty.*");
    let answer = role.call(LIST, &[("authorization", &elsewhere)]).await;
    assert_eq!(answer.status.code(), Code::PermissionDenied);
    let info = answer.status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["limited_by"], "scope");
    assert_eq!(info.metadata["permission"], "events.deadletters.read");
}

#[tokio::test]
async fn a_handler_knows_its_caller_and_an_origin_is_not_believed_from_people() {
    let (seen, mut callers) = mpsc::unbounded_channel();
    let role = Role::start(unary(move |request| {
        seen.send(chassis::caller(&request).unwrap().clone())
            .unwrap();
        async { Ok(()) }
    }))
    .await;
    let operator = operator();
    let headers = [
        ("authorization", operator.as_str()),
        ("patron-origin", "user:victim"),
    ];
    role.call(LIST, &headers).await;
    let caller = within(callers.recv()).await.unwrap();
    assert_eq!(caller.id(), "user:somebody");
    assert_eq!(caller.originator(), "user:somebody");
    assert_eq!(
        caller.token.expose(),
        operator.strip_prefix("Bearer ").unwrap()
    );
}

#[tokio::test]
async fn a_service_that_declares_no_access_does_not_start() {
    let (_, undeclared) = tonic_health::server::health_reporter();
    let service = Service::new("test", Clock::system()).grpc(undeclared);
    let refused = chassis::serve(service, &config(), CancellationToken::new()).await;
    match refused.err() {
        Some(ServeError::Undeclared(method)) => assert_eq!(method.path, "grpc.health.v1.Health"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn policies_that_are_configured_hold_and_bad_ones_do_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clerk.cedar");
    let mut config = config();
    config.access.policies = Some(folder.path().to_owned());
    let clerk = "permit (\n  principal in Role::\"clerk\",\n  action == Action::\"events.deadletters.write\",\n  resource\n);";
    std::fs::write(&file, clerk).unwrap();
    let role = Role::start_with(config.clone(), unary(|_| async { Ok(()) })).await;
    let clerk = authorization(&["clerk"], Clock::system().now());
    let answer = role.call(REPLAY, &[("authorization", &clerk)]).await;
    assert_ne!(answer.status.code(), Code::PermissionDenied);
    let answer = role.operate(REPLAY).await;
    assert_eq!(answer.status.code(), Code::PermissionDenied);

    let misspelt =
        "permit (\n  principal,\n  action == Action::\"events.deadleters.write\",\n  resource\n);";
    std::fs::write(&file, misspelt).unwrap();
    let service = Service::new("test", Clock::system());
    let refused = chassis::serve(service, &config, CancellationToken::new()).await;
    let Err(ServeError::Access(refused)) = refused else {
        panic!("it starts")
    };
    let place = format!("{}:3: ", file.display());
    assert!(refused.to_string().starts_with(&place), "{refused}");
}

#[tokio::test]
async fn a_confined_caller_is_refused_where_nothing_says_whose_records_are_told() {
    let role = role().await;
    let confined = confined(&["operator"], &["GB"]);
    let answer = role.call(LIST, &[("authorization", &confined)]).await;
    assert_eq!(answer.status.code(), Code::PermissionDenied);
    let info = answer.status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["limited_by"], "records");
}
