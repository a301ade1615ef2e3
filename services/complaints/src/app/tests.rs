//! Whole use cases on a real database.

use chassis::Refusal;
use contract::patron::complaints::v1::case_message::Kind;
use contract::patron::complaints::v1::{self as wire, ErrorReason};
use contract::patron::r#type::v1::ErrorReason as Common;
use contract::time::instant;
use jiff::SignedDuration;
use seal::Backlog as _;
use testkit::until;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::domain::Progress;
use crate::store;
use crate::testing::{Bench, id};

fn refusal(status: Status) -> Refusal {
    Refusal::from_status(&status)
}

#[tokio::test]
async fn the_log_alone_tells_the_stored_state() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    for kind in [
        Kind::Automatic,
        Kind::Customer,
        Kind::Note,
        Kind::Reply,
        Kind::Reply,
    ] {
        bench.say(&case, kind).await.unwrap();
    }
    let case = bench.case(&case.case_id).await;
    let case = bench.resolve(&case).await.unwrap().into_inner();
    let case = bench.close(&case).await.unwrap().into_inner();
    let case = bench.reopen(&case).await.unwrap().into_inner();
    bench.resolve(&case).await.unwrap();

    let mut connection = bench.app.db.pool().acquire().await.unwrap();
    let stored = store::cases::find(&mut connection, &bench.app.keyring, id(&case.case_id))
        .await
        .unwrap()
        .unwrap();
    let log = bench.log(&case.case_id).await;
    assert_eq!(Progress::replay(&log), Some(stored.progress));
}

#[tokio::test]
async fn what_is_answered_is_what_is_read_back() {
    let bench = Bench::new().await;
    let opened = bench.open().await;
    assert_eq!(opened.state(), wire::case::State::Received);
    assert_eq!(opened.priority(), wire::case::Priority::Normal);
    assert_eq!(bench.case(&opened.case_id).await, opened);
    let resolved = bench.resolve(&opened).await.unwrap().into_inner();
    assert_eq!(bench.case(&opened.case_id).await, resolved);
}

#[tokio::test]
async fn the_first_reply_of_a_person_is_the_first_response() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    bench.say(&case, Kind::Automatic).await.unwrap();
    assert_eq!(bench.case(&case.case_id).await.first_response_time, None);
    let reply = bench.say(&case, Kind::Reply).await.unwrap().into_inner();
    bench.say(&case, Kind::Reply).await.unwrap();
    let case = bench.case(&case.case_id).await;
    assert_eq!(case.first_response_time, reply.create_time);
    assert_eq!(case.state(), wire::case::State::Responded);
}

#[tokio::test]
async fn a_case_in_the_wrong_state_names_state_and_action() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    let refused = refusal(bench.close(&case).await.unwrap_err());
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.is(ErrorReason::CaseStateForbids));
    let details = tonic_types::StatusExt::get_error_details(&Status::from(refused));
    let metadata = details.error_info().unwrap().metadata.clone();
    assert_eq!(metadata["state"], "STATE_RECEIVED");
    assert_eq!(metadata["action"], "close");
}

#[tokio::test]
async fn an_old_etag_is_refused_and_leaves_no_trace() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    bench.say(&case, Kind::Customer).await.unwrap();
    let refused = refusal(bench.resolve(&case).await.unwrap_err());
    assert_eq!(refused.code(), Code::Aborted);
    assert!(refused.is(Common::EtagMismatch));
    assert_eq!(bench.log(&case.case_id).await.len(), 2);
    let unconditional = wire::Case {
        etag: String::new(),
        ..case
    };
    assert!(bench.resolve(&unconditional).await.is_ok());
}

#[tokio::test]
async fn each_change_is_announced_once_in_its_transaction() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    bench.say(&case, Kind::Reply).await.unwrap();
    let case = bench.case(&case.case_id).await;
    let case = bench.resolve(&case).await.unwrap().into_inner();
    bench.resolve(&case).await.unwrap_err();
    let case = bench.close(&case).await.unwrap().into_inner();
    bench.reopen(&case).await.unwrap();
    let announced = bench.announced().await;
    let names: Vec<&str> = announced
        .iter()
        .filter_map(|name| name.split('.').next_back())
        .collect();
    assert_eq!(
        names,
        [
            "CaseOpened",
            "CaseMessageAdded",
            "CaseResolved",
            "CaseClosed",
            "CaseReopened"
        ]
    );
}

#[tokio::test]
async fn a_reopened_case_has_neither_resolution_nor_time_of_closing() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    let case = bench.resolve(&case).await.unwrap().into_inner();
    assert_eq!(case.resolution, "Refunded.");
    let case = bench.close(&case).await.unwrap().into_inner();
    assert!(case.close_time.is_some());
    let case = bench.reopen(&case).await.unwrap().into_inner();
    assert_eq!(
        (case.resolve_time, case.close_time, case.resolution.as_str()),
        (None, None, "")
    );
    assert_eq!(
        (case.state(), case.reopen_count),
        (wire::case::State::Reopened, 1)
    );
}

#[tokio::test]
async fn pages_of_cases_hold_each_case_once_also_when_more_are_opened_meanwhile() {
    let bench = Bench::new().await;
    let mut opened = Vec::new();
    for index in 0..7 {
        // Pairs of the same instant: the id decides.
        bench.clock.advance(SignedDuration::from_secs(index % 2));
        opened.push(bench.open().await);
    }
    let mut request = wire::ListCasesRequest {
        page_size: 3,
        ..Default::default()
    };
    let mut listed = Vec::new();
    loop {
        let page = bench.app.list_cases(&request, None).await.unwrap();
        listed.extend(page.cases);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        bench.clock.advance(SignedDuration::from_secs(1));
        bench.open().await;
    }
    opened.reverse();
    assert_eq!(listed, opened);
    let newest_first = |pair: &[wire::Case]| {
        let opened_at = |case: &wire::Case| instant(&case.create_time.unwrap()).unwrap();
        opened_at(&pair[0]) >= opened_at(&pair[1])
    };
    assert!(listed.windows(2).all(newest_first));
}

#[tokio::test]
async fn cases_are_listed_by_customer_state_and_type() {
    let bench = Bench::new().await;
    let (open, other) = (bench.open().await, bench.open().await);
    let resolved = bench.resolve(&other).await.unwrap().into_inner();
    let list = async |request: wire::ListCasesRequest| {
        bench.app.list_cases(&request, None).await.unwrap().cases
    };
    let by_customer = wire::ListCasesRequest {
        customer_id: open.customer_id.clone(),
        ..Default::default()
    };
    assert_eq!(list(by_customer).await, [open]);
    let by_state = wire::ListCasesRequest {
        state: wire::case::State::Resolved.into(),
        ..Default::default()
    };
    assert_eq!(list(by_state).await, [resolved]);
    let by_type = wire::ListCasesRequest {
        r#type: wire::case::Type::FollowUp.into(),
        ..Default::default()
    };
    assert!(list(by_type).await.is_empty());
}

#[tokio::test]
async fn the_log_is_read_in_pages_the_oldest_first() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    for _ in 0..4 {
        bench.say(&case, Kind::Note).await.unwrap();
    }
    let mut request = wire::ListCaseLogRequest {
        case_id: case.case_id.clone(),
        page_size: 2,
        ..Default::default()
    };
    let mut sizes = Vec::new();
    let mut entries = Vec::new();
    loop {
        let page = bench.app.list_log(&request).await.unwrap();
        sizes.push(page.entries.len());
        entries.extend(page.entries);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sizes, [2, 2, 1]);
    let stored: Vec<String> = bench
        .log(&case.case_id)
        .await
        .iter()
        .map(|entry| entry.id.to_string())
        .collect();
    assert_eq!(
        entries
            .into_iter()
            .map(|entry| entry.entry_id)
            .collect::<Vec<_>>(),
        stored
    );
}

#[tokio::test]
async fn the_application_can_neither_change_nor_remove_what_is_in_a_log() {
    let bench = Bench::new().await;
    bench.open().await;
    for statement in ["UPDATE case_log SET content = ''", "DELETE FROM case_log"] {
        let refused = sqlx::query(statement)
            .execute(bench.app.db.pool())
            .await
            .unwrap_err();
        let code = refused
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned();
        assert_eq!(code, "42501", "{statement}: insufficient_privilege");
    }
}

#[tokio::test]
async fn a_case_that_is_sealed_for_the_first_time_while_somebody_waits_for_it_is_read_then() {
    let bench = Bench::new().await;
    let case = bench.open().await;
    // As the release before wrote it, of a customer who has no key.
    for as_before in [
        "UPDATE cases SET said = NULL, subject = 'Late'",
        "DELETE FROM subject_keys",
    ] {
        let pool = bench.database.owner_pool();
        sqlx::query(as_before).execute(pool).await.unwrap();
    }
    let mut sealing = bench.app.db.begin().await.unwrap();
    let ids = bench.app.next(&mut sealing, Uuid::nil(), 10).await.unwrap();
    assert_eq!(bench.app.seal(&mut sealing, &ids).await.unwrap(), 1);
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                   WHERE datname = current_database() AND NOT granted";
    let release = async {
        until("somebody waits for the case", async || {
            let count = sqlx::query_scalar::<_, i64>(waiting);
            let count = count.fetch_one(bench.database.owner_pool()).await.unwrap();
            (count > 0).then_some(())
        })
        .await;
        sealing.commit().await.unwrap();
    };
    let (said, ()) = tokio::join!(bench.say(&case, Kind::Reply), release);
    said.unwrap();
    assert_eq!(bench.case(&case.case_id).await.subject, "Late");
}
