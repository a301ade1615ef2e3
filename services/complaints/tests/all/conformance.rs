//! What holds for every RPC: who may call it, what it makes of nonsense, and of what is not there.

use std::future::Future;
use std::pin::Pin;

use contract::patron::complaints::v1 as api;
use testkit::{fields, reason};
use tonic::{Code, Status};

use crate::all::support::{Bench, Client};

type Outcome = Pin<Box<dyn Future<Output = Result<(), Status>>>>;

/// A call that has not begun.
fn call<T>(
    name: &'static str,
    mut client: Client,
    ask: impl AsyncFnOnce(&mut Client) -> Result<T, Status> + 'static,
) -> (&'static str, Outcome) {
    (
        name,
        Box::pin(async move { ask(&mut client).await.map(drop) }),
    )
}

/// Every RPC that names a case, with this id, by a caller of these roles.
fn calls(bench: &Bench, roles: &[&str], case_id: &str) -> Vec<(&'static str, Outcome)> {
    let client = || bench.client_as(roles);
    let (case_id, request_id) = (case_id.to_owned(), bench.new_id());
    let message = api::CaseMessage {
        kind: api::case_message::Kind::Note.into(),
        body: "Hm.".to_owned(),
        ..api::CaseMessage::default()
    };
    let get = api::GetCaseRequest {
        case_id: case_id.clone(),
    };
    let log = api::ListCaseLogRequest {
        case_id: case_id.clone(),
        ..Default::default()
    };
    let say = api::CreateCaseMessageRequest {
        case_id: case_id.clone(),
        message: Some(message),
        request_id: request_id.clone(),
    };
    let resolve = api::ResolveCaseRequest {
        case_id: case_id.clone(),
        resolution: "Refunded.".to_owned(),
        request_id: request_id.clone(),
        etag: String::new(),
    };
    let (close, reopen) = (
        api::CloseCaseRequest {
            case_id: case_id.clone(),
            request_id: request_id.clone(),
            etag: String::new(),
        },
        api::ReopenCaseRequest {
            case_id,
            reason: "Broken again.".to_owned(),
            request_id,
            etag: String::new(),
        },
    );
    vec![
        call("GetCase", client(), async move |client: &mut Client| {
            client.get_case(get).await
        }),
        call("ListCaseLog", client(), async move |client: &mut Client| {
            client.list_case_log(log).await
        }),
        call(
            "CreateCaseMessage",
            client(),
            async move |client: &mut Client| client.create_case_message(say).await,
        ),
        call("ResolveCase", client(), async move |client: &mut Client| {
            client.resolve_case(resolve).await
        }),
        call("CloseCase", client(), async move |client: &mut Client| {
            client.close_case(close).await
        }),
        call("ReopenCase", client(), async move |client: &mut Client| {
            client.reopen_case(reopen).await
        }),
    ]
}

async fn all_refused(bench: &Bench, roles: &[&str], case_id: &str, code: Code, why: &str) {
    for (name, call) in calls(bench, roles, case_id) {
        let refused = call.await.unwrap_err();
        assert_eq!((refused.code(), &*reason(&refused)), (code, why), "{name}");
    }
}

#[tokio::test]
async fn every_method_turns_away_nonsense_strangers_and_those_without_permission() {
    let bench = Bench::start().await;
    let id = bench.new_id();
    let operator = ["operator"];
    all_refused(&bench, &operator, &id, Code::NotFound, "CASE_NOT_FOUND").await;
    all_refused(
        &bench,
        &operator,
        "seven",
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    )
    .await;
    all_refused(&bench, &[], &id, Code::Unauthenticated, "UNAUTHENTICATED").await;
    all_refused(
        &bench,
        &["analyst"],
        &id,
        Code::PermissionDenied,
        "PERMISSION_DENIED",
    )
    .await;
}

#[tokio::test]
async fn a_case_without_what_it_needs_is_refused_by_field() {
    let bench = Bench::start().await;
    let empty = api::CreateCaseRequest {
        case: Some(api::Case::default()),
        request_id: bench.new_id(),
    };
    let refused = bench.client().create_case(empty).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let named = fields(&refused);
    for field in [
        "case.customer_id",
        "case.type",
        "case.channel",
        "case.subject",
    ] {
        assert!(
            named.iter().any(|name| name == field),
            "{field} in {named:?}"
        );
    }
}

#[tokio::test]
async fn reading_is_not_writing() {
    let bench = Bench::start().await;
    let mut auditor = bench.client_as(&["auditor"]);
    assert!(
        auditor
            .list_cases(api::ListCasesRequest::default())
            .await
            .is_ok()
    );
    let request = api::CloseCaseRequest {
        case_id: bench.new_id(),
        request_id: bench.new_id(),
        etag: String::new(),
    };
    let refused = auditor.close_case(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
