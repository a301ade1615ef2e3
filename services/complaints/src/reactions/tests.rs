use bytes::Bytes;
use contract::patron::complaints::v1 as complaints;
use contract::patron::events::v1::{Event, Position};
use contract::patron::survey::v1::{Invitation, Trigger};
use prost::Message as _;
use prost_types::Timestamp;

use super::*;
use crate::testing::Bench;

fn submitted(bench: &Bench, sentiment: Sentiment, metric: Metric) -> ResponseSubmitted {
    let trigger = Trigger {
        event_type: OrderRecorded::full_name(),
        reference: "A-17".to_owned(),
        occur_time: None,
    };
    ResponseSubmitted {
        response_id: bench.new_id(),
        invitation: Some(Invitation {
            trigger: Some(trigger),
            ..Invitation::default()
        }),
        metric: metric.into(),
        rating: Some(3),
        sentiment: sentiment.into(),
        has_text: true,
    }
}

fn event(bench: &Bench, payload: &ResponseSubmitted, customer_id: &str) -> Incoming {
    Incoming::new(Event {
        event_id: bench.new_id(),
        source: "survey".to_owned(),
        r#type: ResponseSubmitted::full_name(),
        subject_id: bench.new_id(),
        subject_version: 2,
        customer_id: customer_id.to_owned(),
        occur_time: Some(Timestamp {
            seconds: 1_741_339_800,
            nanos: 0,
        }),
        schema_version: 1,
        data: Bytes::from(payload.encode_to_vec()),
        position: Some(Position {
            transaction_id: 1,
            sequence: 1,
        }),
        ..Event::default()
    })
    .unwrap()
}

async fn receive(bench: &Bench, event: &Incoming) -> Result<(), HandlerError> {
    let reaction = ToSurvey {
        app: bench.app.clone(),
        actor: "service:complaints".to_owned(),
    };
    let mut tx = bench.app.db.begin().await.unwrap();
    let handled = reaction.handle(&mut tx, event).await;
    tx.commit().await.unwrap();
    handled
}

async fn cases_of(bench: &Bench, customer_id: &str) -> Vec<complaints::Case> {
    let customer_id = customer_id.to_owned();
    let request = complaints::ListCasesRequest {
        customer_id,
        ..Default::default()
    };
    bench.app.list_cases(&request, None).await.unwrap().cases
}

#[tokio::test]
async fn a_detractor_is_called_back_once_however_often_the_answer_is_told() {
    let bench = Bench::new().await;
    let customer = bench.new_id();
    let answer = submitted(&bench, Sentiment::Detractor, Metric::Nps);
    for _ in 0..2 {
        receive(&bench, &event(&bench, &answer, &customer))
            .await
            .unwrap();
    }
    let cases = cases_of(&bench, &customer).await;
    assert_eq!(cases.len(), 1);
    let case = &cases[0];
    assert_eq!(case.r#type(), complaints::case::Type::FollowUp);
    assert_eq!(
        (case.channel.as_str(), case.order_id.as_str()),
        ("survey", "A-17")
    );
    assert_eq!(case.origin, answer.response_id);
    assert_eq!(bench.announced().await, ["patron.complaints.v1.CaseOpened"]);
    assert_eq!(
        bench.log(&case.case_id).await[0].actor,
        "service:complaints"
    );
}

#[tokio::test]
async fn two_unhappy_answers_of_a_customer_are_two_cases() {
    let bench = Bench::new().await;
    let customer = bench.new_id();
    for _ in 0..2 {
        let answer = submitted(&bench, Sentiment::Detractor, Metric::Nps);
        receive(&bench, &event(&bench, &answer, &customer))
            .await
            .unwrap();
    }
    assert_eq!(cases_of(&bench, &customer).await.len(), 2);
}

#[tokio::test]
async fn nobody_else_is_called_back() {
    let bench = Bench::new().await;
    let customer = bench.new_id();
    let happy = [
        submitted(&bench, Sentiment::Passive, Metric::Nps),
        submitted(&bench, Sentiment::Promoter, Metric::Nps),
        submitted(&bench, Sentiment::Detractor, Metric::Csat),
        submitted(&bench, Sentiment::Unspecified, Metric::Nps),
    ];
    for answer in &happy {
        receive(&bench, &event(&bench, answer, &customer))
            .await
            .unwrap();
    }
    assert!(cases_of(&bench, &customer).await.is_empty());
}

#[tokio::test]
async fn an_answer_about_something_else_names_no_order() {
    let bench = Bench::new().await;
    let customer = bench.new_id();
    let mut answer = submitted(&bench, Sentiment::Detractor, Metric::Nps);
    answer.invitation = None;
    receive(&bench, &event(&bench, &answer, &customer))
        .await
        .unwrap();
    assert_eq!(cases_of(&bench, &customer).await[0].order_id, "");
}

#[tokio::test]
async fn an_event_without_its_customer_is_an_error_that_names_the_field() {
    let bench = Bench::new().await;
    let answer = submitted(&bench, Sentiment::Detractor, Metric::Nps);
    let error = receive(&bench, &event(&bench, &answer, ""))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the event has no customer_id");
}
