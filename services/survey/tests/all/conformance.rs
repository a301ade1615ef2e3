//! What holds for every RPC: who may call it, what it makes of nonsense, and of what is not there.

use std::future::Future;
use std::pin::Pin;

use contract::patron::survey::v1 as api;
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

/// Every RPC that names something, with these ids, by a caller of these roles.
fn calls(
    bench: &Bench,
    roles: &[&str],
    (invitation_id, questionnaire_id): (&str, &str),
) -> Vec<(&'static str, Outcome)> {
    let client = || bench.client_as(roles);
    let (invitation_id, questionnaire_id) = (invitation_id.to_owned(), questionnaire_id.to_owned());
    let value = Some(api::answer::Value::Rating(1));
    let answers = vec![api::Answer {
        question_id: "recommend".to_owned(),
        value,
    }];
    let questionnaire = api::GetQuestionnaireRequest {
        questionnaire_id: questionnaire_id.clone(),
    };
    let score = api::GetScoreRequest {
        questionnaire_id,
        ..Default::default()
    };
    let invitation = api::GetInvitationRequest {
        invitation_id: invitation_id.clone(),
    };
    let response = api::GetResponseRequest {
        invitation_id: invitation_id.clone(),
    };
    let submit = api::SubmitResponseRequest {
        invitation_id,
        response: Some(api::Response {
            answers,
            ..api::Response::default()
        }),
        request_id: bench.new_id(),
    };
    vec![
        call(
            "GetQuestionnaire",
            client(),
            async move |client: &mut Client| client.get_questionnaire(questionnaire).await,
        ),
        call("GetScore", client(), async move |client: &mut Client| {
            client.get_score(score).await
        }),
        call(
            "GetInvitation",
            client(),
            async move |client: &mut Client| client.get_invitation(invitation).await,
        ),
        call("GetResponse", client(), async move |client: &mut Client| {
            client.get_response(response).await
        }),
        call(
            "SubmitResponse",
            client(),
            async move |client: &mut Client| client.submit_response(submit).await,
        ),
    ]
}

async fn refusals(
    bench: &Bench,
    roles: &[&str],
    ids: (&str, &str),
) -> Vec<(&'static str, Code, String)> {
    let mut refusals = Vec::new();
    for (name, call) in calls(bench, roles, ids) {
        let refused = call.await.unwrap_err();
        refusals.push((name, refused.code(), reason(&refused)));
    }
    refusals
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_name() {
    let bench = Bench::start().await;
    let nobody = bench.new_id();
    let refused = refusals(&bench, &["operator"], (&nobody, "nothing")).await;
    let not_found = |name, why: &str| (name, Code::NotFound, why.to_owned());
    assert_eq!(
        refused,
        [
            not_found("GetQuestionnaire", "QUESTIONNAIRE_NOT_FOUND"),
            not_found("GetScore", "QUESTIONNAIRE_NOT_FOUND"),
            not_found("GetInvitation", "INVITATION_NOT_FOUND"),
            not_found("GetResponse", "INVITATION_NOT_FOUND"),
            not_found("SubmitResponse", "INVITATION_NOT_FOUND"),
        ]
    );
}

#[tokio::test]
async fn every_method_turns_away_nonsense_strangers_and_those_without_permission() {
    let bench = Bench::start().await;
    let id = bench.new_id();
    let all = [
        (
            &["operator"] as &[&str],
            "seven",
            "NPS",
            Code::InvalidArgument,
            "INVALID_ARGUMENT",
        ),
        (
            &[],
            &*id,
            "nps-order",
            Code::Unauthenticated,
            "UNAUTHENTICATED",
        ),
        (
            &["nobody"],
            &*id,
            "nps-order",
            Code::PermissionDenied,
            "PERMISSION_DENIED",
        ),
    ];
    for (roles, invitation_id, questionnaire_id, code, why) in all {
        for (name, found, reason) in
            refusals(&bench, roles, (invitation_id, questionnaire_id)).await
        {
            assert_eq!((found, &*reason), (code, why), "{name}");
        }
    }
}

#[tokio::test]
async fn an_analyst_reads_scores_and_nobodys_answers() {
    let bench = Bench::start().await;
    let mut analyst = bench.client_as(&["analyst"]);
    let score = api::GetScoreRequest {
        questionnaire_id: "nps-order".to_owned(),
        ..Default::default()
    };
    assert!(analyst.get_score(score).await.is_ok());
    let response = api::GetResponseRequest {
        invitation_id: bench.new_id(),
    };
    let refused = analyst.get_response(response).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_period_that_ends_before_it_begins_is_refused_by_field() {
    let bench = Bench::start().await;
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let request = api::GetScoreRequest {
        questionnaire_id: "nps-order".to_owned(),
        start_time: time(2),
        end_time: time(1),
    };
    let refused = bench.client().get_score(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(fields(&refused), ["end_time"]);
}
