//! Old cases go with their logs when the profile service says so, and nobody else's.

use contract::patron::complaints::v1 as api;
use contract::patron::privacy::v1 as privacy;
use contract::time::timestamp;
use jiff::{SignedDuration, Timestamp};
use privacy::removal_service_client::RemovalServiceClient;
use privacy::removal_service_server::RemovalService as _;
use retention::RemovalServer;
use testkit::Bearer;
use tonic::{Code, Request, Status};

use crate::all::support::Bench;

/// A new case of a customer.
async fn open(bench: &Bench, customer: &str) -> api::Case {
    let case = api::Case {
        customer_id: customer.to_owned(),
        r#type: api::case::Type::Complaint.into(),
        channel: "phone".to_owned(),
        subject: "Late".to_owned(),
        ..api::Case::default()
    };
    let request = api::CreateCaseRequest {
        case: Some(case),
        request_id: bench.new_id(),
    };
    let made = bench.client().create_case(request).await;
    made.unwrap().into_inner()
}

async fn close(bench: &Bench, case: &api::Case) {
    let (case_id, request_id) = (case.case_id.clone(), bench.new_id());
    let resolving = api::ResolveCaseRequest {
        case_id: case_id.clone(),
        resolution: "Refunded.".to_owned(),
        request_id,
        etag: String::new(),
    };
    bench.client().resolve_case(resolving).await.unwrap();
    let request_id = bench.new_id();
    let closing = api::CloseCaseRequest {
        case_id,
        request_id,
        etag: String::new(),
    };
    bench.client().close_case(closing).await.unwrap();
}

async fn is_there(bench: &Bench, case: &api::Case) -> bool {
    let case_id = case.case_id.clone();
    let mut client = bench.client();
    let read = client.get_case(api::GetCaseRequest { case_id }).await;
    read.is_ok()
}

fn server(bench: &Bench) -> RemovalServer {
    RemovalServer::new(bench.database.db().clone(), bench.clock.clone(), &["cases"])
}

/// Closed before an instant, but for those of a customer.
fn old(cut_off: Timestamp, held: &str) -> privacy::OldRecords {
    privacy::OldRecords {
        store: "cases".to_owned(),
        cut_off_time: Some(timestamp(cut_off)),
        held_customer_ids: vec![held.to_owned()],
    }
}

/// Good for so many seconds.
fn removing(
    bench: &Bench,
    records: privacy::OldRecords,
    seconds: i64,
) -> privacy::RemoveOldRequest {
    let expires = bench.clock.now() + SignedDuration::from_secs(seconds);
    privacy::RemoveOldRequest {
        records: Some(records),
        run_id: bench.new_id(),
        expire_time: Some(timestamp(expires)),
        batch_size: 1,
    }
}

async fn remove(
    bench: &Bench,
    request: &privacy::RemoveOldRequest,
) -> Result<(i64, bool, i64), Status> {
    let server = server(bench);
    let answer = server.remove_old(Request::new(request.clone())).await?;
    let answer = answer.into_inner();
    Ok((answer.removed_count, answer.done, answer.held_count))
}

#[tokio::test]
async fn old_cases_go_batch_by_batch_but_for_those_that_are_held_or_open() {
    let bench = Bench::start().await;
    let (ann, ben) = (bench.new_id(), bench.new_id());
    let cases = [
        open(&bench, &ann).await,
        open(&bench, &ann).await,
        open(&bench, &ben).await,
    ];
    for case in &cases {
        close(&bench, case).await;
    }
    let going_on = open(&bench, &ann).await;
    let later = bench.clock.now() + SignedDuration::from_secs(60);
    let counting = privacy::CountOldRequest {
        records: Some(old(later, &ben)),
    };
    let counted = server(&bench).count_old(Request::new(counting)).await;
    let counted = counted.unwrap().into_inner();
    assert_eq!((counted.removable_count, counted.held_count), (2, 1));
    let request = removing(&bench, old(later, &ben), 60);
    // The sums of the run: an answer that is lost is lost for nobody.
    assert_eq!(remove(&bench, &request).await.unwrap(), (1, false, 0));
    assert_eq!(remove(&bench, &request).await.unwrap(), (2, false, 0));
    assert_eq!(remove(&bench, &request).await.unwrap(), (2, true, 1));
    let [first, second, held] = &cases;
    for (case, stays) in [
        (first, false),
        (second, false),
        (held, true),
        (&going_on, true),
    ] {
        assert_eq!(is_there(&bench, case).await, stays);
    }
    let log = "SELECT count(DISTINCT case_id) FROM case_log";
    let logs: i64 = sqlx::query_scalar(log)
        .fetch_one(bench.database.db().pool())
        .await
        .unwrap();
    assert_eq!(logs, 2);
}

#[tokio::test]
async fn a_case_in_which_something_was_said_lately_stays() {
    let bench = Bench::start().await;
    let case = open(&bench, &bench.new_id()).await;
    close(&bench, &case).await;
    let closed = bench.clock.now();
    let message = api::CaseMessage {
        kind: api::case_message::Kind::Customer.into(),
        body: "It broke again.".to_owned(),
        ..api::CaseMessage::default()
    };
    let saying = api::CreateCaseMessageRequest {
        case_id: case.case_id.clone(),
        message: Some(message),
        request_id: bench.new_id(),
    };
    bench.client().create_case_message(saying).await.unwrap();
    let request = removing(&bench, old(closed, &bench.new_id()), 60);
    assert_eq!(remove(&bench, &request).await.unwrap(), (0, true, 0));
    assert!(is_there(&bench, &case).await);
}

#[tokio::test]
async fn by_a_list_of_holds_that_is_too_old_nothing_goes() {
    let bench = Bench::start().await;
    let case = open(&bench, &bench.new_id()).await;
    close(&bench, &case).await;
    let later = bench.clock.now() + SignedDuration::from_secs(60);
    let request = removing(&bench, old(later, &bench.new_id()), -1);
    let refused = remove(&bench, &request).await.unwrap_err();
    assert_eq!(refused.code(), Code::DeadlineExceeded);
    let mut unknown = removing(&bench, old(later, &bench.new_id()), 60);
    unknown.records.as_mut().unwrap().store = "ledger".to_owned();
    let refused = remove(&bench, &unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(is_there(&bench, &case).await);
}

#[tokio::test]
async fn only_services_have_others_remove() {
    let bench = Bench::start().await;
    let bearer = Bearer::of(&["operator"]);
    let mut client = RemovalServiceClient::with_interceptor(bench.role.channel(), bearer);
    let request = removing(&bench, old(bench.clock.now(), &bench.new_id()), 60);
    let refused = client.remove_old(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
