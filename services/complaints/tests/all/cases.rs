//! Cases, as a caller works on them.

use contract::patron::complaints::v1 as api;
use contract::patron::complaints::v1::case::State;
use testkit::{fields, reason, until};
use tonic::Code;

use crate::all::support::{Bench, Client};

async fn open(bench: &Bench, client: &mut Client) -> api::Case {
    client
        .create_case(opening(bench))
        .await
        .unwrap()
        .into_inner()
}

fn opening(bench: &Bench) -> api::CreateCaseRequest {
    let case = api::Case {
        customer_id: bench.new_id(),
        r#type: api::case::Type::Complaint.into(),
        channel: "phone".to_owned(),
        subject: "Late".to_owned(),
        priority: api::case::Priority::High.into(),
        ..api::Case::default()
    };
    api::CreateCaseRequest {
        case: Some(case),
        request_id: bench.new_id(),
    }
}

fn resolving(bench: &Bench, case: &api::Case) -> api::ResolveCaseRequest {
    api::ResolveCaseRequest {
        case_id: case.case_id.clone(),
        resolution: "Refunded.".to_owned(),
        request_id: bench.new_id(),
        etag: case.etag.clone(),
    }
}

#[tokio::test]
async fn a_case_goes_from_opening_to_closing_and_its_log_tells_who_did_what() {
    let bench = Bench::start().await;
    let mut client = bench.client();
    let case = open(&bench, &mut client).await;
    let message = api::CaseMessage {
        kind: api::case_message::Kind::Reply.into(),
        body: "It is on its way.".to_owned(),
        ..api::CaseMessage::default()
    };
    let saying = api::CreateCaseMessageRequest {
        case_id: case.case_id.clone(),
        message: Some(message),
        request_id: bench.new_id(),
    };
    let message = client
        .create_case_message(saying)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(message.author, "user:somebody");
    let unconditional = api::Case {
        etag: String::new(),
        ..case.clone()
    };
    let resolved = client
        .resolve_case(resolving(&bench, &unconditional))
        .await
        .unwrap();
    let resolved = resolved.into_inner();
    let closing = api::CloseCaseRequest {
        case_id: case.case_id.clone(),
        request_id: bench.new_id(),
        etag: resolved.etag,
    };
    let closed = client.close_case(closing).await.unwrap().into_inner();
    assert_eq!(closed.state(), State::Closed);
    assert_eq!(closed.first_response_time, message.create_time);

    let reading = api::ListCaseLogRequest {
        case_id: case.case_id,
        ..Default::default()
    };
    let log = client
        .list_case_log(reading)
        .await
        .unwrap()
        .into_inner()
        .entries;
    let states: Vec<_> = log.iter().map(api::CaseLogEntry::state).collect();
    assert_eq!(
        states,
        [
            State::Received,
            State::Responded,
            State::Resolved,
            State::Closed
        ]
    );
    assert!(log.iter().all(|entry| entry.actor == "user:somebody"));
    let said = api::case_log_entry::Change::Message(message);
    assert_eq!(log[1].change, Some(said));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_has_no_second_effect() {
    let bench = Bench::start().await;
    let mut client = bench.client();
    let request = opening(&bench);
    let first = client.create_case(request.clone()).await.unwrap();
    let again = client.create_case(request.clone()).await.unwrap();
    assert_eq!(again.metadata().get("patron-replayed").unwrap(), "true");
    let case = first.into_inner();
    assert_eq!(again.into_inner(), case);

    let mut other = request;
    other.case.as_mut().unwrap().subject = "Broken".to_owned();
    let refused = client.create_case(other).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::AlreadyExists, "REQUEST_ID_CONFLICT")
    );
    assert_eq!(fields(&refused), ["case.subject"]);
    let listing = api::ListCasesRequest {
        customer_id: case.customer_id,
        ..Default::default()
    };
    assert_eq!(
        client
            .list_cases(listing)
            .await
            .unwrap()
            .into_inner()
            .cases
            .len(),
        1
    );
}

#[tokio::test]
async fn a_refusal_stays_the_answer_though_the_case_has_moved_on() {
    let bench = Bench::start().await;
    let mut client = bench.client();
    let case = open(&bench, &mut client).await;
    let closing = api::CloseCaseRequest {
        case_id: case.case_id.clone(),
        request_id: bench.new_id(),
        etag: String::new(),
    };
    let early = client.close_case(closing.clone()).await.unwrap_err();
    client.resolve_case(resolving(&bench, &case)).await.unwrap();
    let again = client.close_case(closing).await.unwrap_err();
    assert_eq!(
        (early.code(), again.code()),
        (Code::FailedPrecondition, Code::FailedPrecondition)
    );
    assert_eq!(again.details(), early.details());
}

#[tokio::test]
async fn of_many_who_resolve_a_case_at_once_one_does() {
    let bench = Bench::start().await;
    let mut client = bench.client();
    let case = open(&bench, &mut client).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let (mut client, request) = (bench.client(), resolving(&bench, &case));
            tokio::spawn(async move { client.resolve_case(request).await })
        })
        .collect();
    let mut resolved = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(_) => resolved += 1,
            Err(refused) => assert_eq!(reason(&refused), "ETAG_MISMATCH"),
        }
    }
    assert_eq!(resolved, 1);
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_only() {
    let bench = Bench::start().await;
    let mut client = bench.client();
    for _ in 0..2 {
        open(&bench, &mut client).await;
    }
    let listing = api::ListCasesRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = client
        .list_cases(listing.clone())
        .await
        .unwrap()
        .into_inner();
    let narrowed = api::ListCasesRequest {
        page_token: page.next_page_token,
        state: State::Closed.into(),
        ..listing
    };
    let refused = client.list_cases(narrowed).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::InvalidArgument, "PAGE_TOKEN_INVALID")
    );
}

#[tokio::test]
async fn text_that_the_database_cannot_keep_is_refused_by_its_field() {
    let bench = Bench::start().await;
    let mut request = opening(&bench);
    request.case.as_mut().unwrap().description = "a\0b".to_owned();
    let refused = bench.client().create_case(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::InvalidArgument, "INVALID_ARGUMENT")
    );
    assert_eq!(fields(&refused), ["case.description"]);
}

#[tokio::test]
async fn a_role_becomes_ready() {
    let bench = Bench::start().await;
    until("the role is ready", async || {
        bench.role.is_ready().then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_left_of_a_case_after_an_erasure_still_keeps_to_the_contract() {
    let bench = Bench::start().await;
    let mut client = bench.client();
    let case = open(&bench, &mut client).await;
    let saying = api::CreateCaseMessageRequest {
        case_id: case.case_id.clone(),
        message: Some(api::CaseMessage {
            kind: api::case_message::Kind::Reply.into(),
            body: "It is on its way.".to_owned(),
            ..api::CaseMessage::default()
        }),
        request_id: bench.new_id(),
    };
    client.create_case_message(saying).await.unwrap();
    bench.erase(&case.customer_id).await;
    until("the subject is emptied", async || {
        let reading = api::GetCaseRequest {
            case_id: case.case_id.clone(),
        };
        let left = client.clone().get_case(reading).await.unwrap();
        (left.into_inner().subject == "(erased)").then_some(())
    })
    .await;
    let listing = api::ListCaseLogRequest {
        case_id: case.case_id,
        ..api::ListCaseLogRequest::default()
    };
    let log = client.list_case_log(listing).await.unwrap().into_inner();
    let said = log.entries.iter().find_map(|entry| match &entry.change {
        Some(api::case_log_entry::Change::Message(message)) => Some(message.body.as_str()),
        _ => None,
    });
    assert_eq!(said, Some("(erased)"));
}
