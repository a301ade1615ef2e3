//! Cases that no person opens.

use contract::patron::complaints::v1 as api;
use contract::patron::profile::v1::OrderRecorded;
use contract::patron::survey::v1::response_submitted::Sentiment;
use contract::patron::survey::v1::{Invitation, Metric, ResponseSubmitted, Trigger};
use prost::Name as _;
use testkit::until;

use crate::all::support::Bench;

fn unhappy(bench: &Bench) -> ResponseSubmitted {
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
        metric: Metric::Nps.into(),
        rating: Some(2),
        sentiment: Sentiment::Detractor.into(),
        has_text: true,
    }
}

#[tokio::test]
async fn an_unhappy_answer_told_twice_opens_one_case_about_its_order() {
    let bench = Bench::start().await;
    let customer = bench.clock.new_id();
    let (answer, later) = (unhappy(&bench), unhappy(&bench));
    for told in [&answer, &answer, &later] {
        bench.survey_says(customer, told).await;
    }
    let listing = api::ListCasesRequest {
        customer_id: customer.to_string(),
        r#type: api::case::Type::FollowUp.into(),
        ..Default::default()
    };
    let cases = until("both cases are there", async || {
        let listed = bench
            .client()
            .list_cases(listing.clone())
            .await
            .unwrap()
            .into_inner();
        // The later answer comes after both tellings of the first.
        (listed.cases.first()?.origin == later.response_id).then_some(listed.cases)
    })
    .await;
    assert_eq!(cases.len(), 2);
    assert_eq!(cases[1].origin, answer.response_id);
    assert_eq!(
        (&*cases[1].order_id, &*cases[1].channel),
        ("A-17", "survey")
    );
    let reading = api::ListCaseLogRequest {
        case_id: cases[1].case_id.clone(),
        ..Default::default()
    };
    let log = bench
        .client()
        .list_case_log(reading)
        .await
        .unwrap()
        .into_inner()
        .entries;
    assert_eq!(log[0].actor, "service:complaints");
}
