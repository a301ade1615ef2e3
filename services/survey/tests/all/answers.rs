//! Answers and scores, as callers give and read them.

use contract::patron::profile::v1::{Order, OrderRecorded};
use contract::patron::survey::v1 as api;
use contract::patron::survey::v1::answer::Value;
use testkit::{fields, reason, until};
use tonic::Code;

use crate::all::support::Bench;

/// A new customer buys; their invitation, once it is there.
pub(crate) async fn invited(bench: &Bench) -> api::Invitation {
    let customer = bench.clock.new_id();
    let order = Order {
        order_id: "A-1".to_owned(),
        ..Order::default()
    };
    bench
        .profile_says(customer, &OrderRecorded { order: Some(order) })
        .await;
    let listing = api::ListInvitationsRequest {
        customer_id: customer.to_string(),
        ..Default::default()
    };
    until("the customer is invited", async || {
        let listed = bench
            .client()
            .list_invitations(listing.clone())
            .await
            .unwrap();
        listed.into_inner().invitations.pop()
    })
    .await
}

pub(crate) fn rating(rating: i32) -> api::Answer {
    api::Answer {
        question_id: "recommend".to_owned(),
        value: Some(Value::Rating(rating)),
    }
}

pub(crate) fn text(text: &str) -> api::Answer {
    api::Answer {
        question_id: "why".to_owned(),
        value: Some(Value::Text(text.to_owned())),
    }
}

pub(crate) fn answering(
    bench: &Bench,
    invitation: &api::Invitation,
    answers: Vec<api::Answer>,
) -> api::SubmitResponseRequest {
    api::SubmitResponseRequest {
        invitation_id: invitation.invitation_id.clone(),
        response: Some(api::Response {
            answers,
            ..api::Response::default()
        }),
        request_id: bench.new_id(),
    }
}

#[tokio::test]
async fn of_50_answers_at_once_one_is_taken_and_the_others_learn_that_it_is_answered() {
    let bench = Bench::start().await;
    let invitation = invited(&bench).await;
    let attempts: Vec<_> = (0..50)
        .map(|index| {
            let request = answering(&bench, &invitation, vec![rating(index % 11)]);
            let mut client = bench.client();
            tokio::spawn(async move { client.submit_response(request).await })
        })
        .collect();
    let mut taken = Vec::new();
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(response) => taken.push(response.into_inner()),
            Err(refused) => {
                assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
                assert_eq!(reason(&refused), "INVITATION_COMPLETED");
            }
        }
    }
    assert_eq!(taken.len(), 1);
    let reading = api::GetResponseRequest {
        invitation_id: invitation.invitation_id,
    };
    let kept = bench
        .client()
        .get_response(reading)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(kept, taken[0]);
}

#[tokio::test]
async fn the_same_request_50_times_at_once_is_one_answer_that_all_are_given() {
    let bench = Bench::start().await;
    let request = answering(
        &bench,
        &invited(&bench).await,
        vec![rating(9), text("Quick.")],
    );
    let attempts: Vec<_> = (0..50)
        .map(|_| {
            let (mut client, request) = (bench.client(), request.clone());
            tokio::spawn(async move { client.submit_response(request).await })
        })
        .collect();
    let mut answers = Vec::new();
    let mut replayed = 0;
    for attempt in attempts {
        let answer = attempt.await.unwrap().unwrap();
        replayed += usize::from(answer.metadata().contains_key("patron-replayed"));
        answers.push(answer.into_inner());
    }
    assert_eq!(replayed, 49);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn answers_that_do_not_fit_are_named_and_may_be_given_again() {
    let bench = Bench::start().await;
    let invitation = invited(&bench).await;
    let mut client = bench.client();
    let wrong = answering(
        &bench,
        &invitation,
        vec![text(&"好".repeat(2001)), rating(11)],
    );
    let refused = client.submit_response(wrong).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::InvalidArgument, "ANSWERS_INVALID")
    );
    assert_eq!(
        fields(&refused),
        ["response.answers[0].text", "response.answers[1].rating"]
    );
    let right = answering(
        &bench,
        &invitation,
        vec![text(&"好".repeat(2000)), rating(0)],
    );
    assert!(client.submit_response(right).await.is_ok());
}

#[tokio::test]
async fn text_that_the_database_cannot_keep_is_refused_by_its_field() {
    let bench = Bench::start().await;
    let invitation = invited(&bench).await;
    let request = answering(&bench, &invitation, vec![rating(9), text("a\0b")]);
    let refused = bench.client().submit_response(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::InvalidArgument, "INVALID_ARGUMENT")
    );
    assert_eq!(fields(&refused), ["response.answers[1].text"]);
}

#[tokio::test]
async fn a_score_comes_with_its_interval_once_there_are_ten() {
    let bench = Bench::start().await;
    let scoring = || api::GetScoreRequest {
        questionnaire_id: "nps-order".to_owned(),
        ..Default::default()
    };
    let mut client = bench.client();
    for (count, given) in (0..).zip([9, 10, 9, 9, 10, 8, 8, 7, 3]) {
        let score = client.get_score(scoring()).await.unwrap().into_inner();
        assert_eq!((score.response_count, score.value), (count, None));
        let request = answering(&bench, &invited(&bench).await, vec![rating(given)]);
        client.submit_response(request).await.unwrap();
    }
    let last = answering(&bench, &invited(&bench).await, vec![rating(6)]);
    client.submit_response(last).await.unwrap();
    let score = client.get_score(scoring()).await.unwrap().into_inner();
    let (value, lower, upper) = (
        score.value.unwrap(),
        score.lower.unwrap(),
        score.upper.unwrap(),
    );
    assert!((value - 30.0).abs() < 1e-9, "{value}");
    assert!(lower < value && value < upper, "{lower} to {upper}");
    assert_eq!(
        (score.confidence_level, score.withheld_reason),
        (0.95, String::new())
    );
}
