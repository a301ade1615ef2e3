//! Liability reports, from asking to the figures.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::liability_service_client::LiabilityServiceClient;
use contract::time::timestamp;
use jiff::SignedDuration;
use testkit::{Bearer, Caller, reason, until};
use tonic::{Code, Status};

use crate::all::support::{Bench, spending};

fn reports(bench: &Bench) -> LiabilityServiceClient<Caller> {
    LiabilityServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

fn asking(bench: &Bench, report: api::LiabilityReport) -> api::CreateLiabilityReportRequest {
    api::CreateLiabilityReportRequest {
        liability_report: Some(api::LiabilityReport {
            program_id: "default".to_owned(),
            ..report
        }),
        request_id: bench.clock.new_id().to_string(),
    }
}

async fn begun(
    bench: &Bench,
    request: &api::CreateLiabilityReportRequest,
) -> Result<api::LiabilityReport, Status> {
    let answer = reports(bench)
        .create_liability_report(request.clone())
        .await?;
    Ok(answer.into_inner())
}

/// The report once it has been made.
async fn made(bench: &Bench, report: &api::LiabilityReport) -> api::LiabilityReport {
    let request = api::GetLiabilityReportRequest {
        program_id: "default".to_owned(),
        report_id: report.report_id.clone(),
    };
    until("the report is made", async || {
        let found = reports(bench).get_liability_report(request.clone()).await;
        let found = found.unwrap().into_inner();
        let is_made = found.status.as_ref().unwrap().end_time.is_some();
        is_made.then_some(found)
    })
    .await
}

async fn reported(bench: &Bench, report: api::LiabilityReport) -> api::LiabilityReport {
    let begun = begun(bench, &asking(bench, report)).await.unwrap();
    made(bench, &begun).await
}

#[tokio::test]
async fn a_report_is_opening_and_movements_and_agrees_with_lots_and_balances() {
    let bench = Bench::start().await;
    let one = bench.member(5000).await;
    let other = bench.member(3000).await;
    let spend = spending(&bench, one, 2000);
    bench.members().create_redemption(spend).await.unwrap();
    let middle = bench.clock.now();
    bench.returned(other, "o-1", 3000).await;
    bench.bought(one, "o-2", 100).await;

    let whole = reported(&bench, api::LiabilityReport::default()).await;
    let status = whole.status.clone().unwrap();
    assert_eq!(
        status.state(),
        api::run_status::State::Succeeded,
        "{status:?}"
    );
    assert!(whole.balanced, "{}", whole.difference);
    let total = whole.total.unwrap();
    assert_eq!((total.opening, total.issued), (0, 8100));
    assert_eq!((total.redeemed, total.clawed_back), (-2000, -3000));
    assert_eq!(total.closing, 3100);
    assert_eq!(whole.cohorts.iter().map(closing).sum::<i64>(), 3100);
    assert_eq!(whole.holder_count, 2);

    let later = api::LiabilityReport {
        period_start_time: Some(timestamp(middle)),
        ..api::LiabilityReport::default()
    };
    let later = reported(&bench, later).await.total.unwrap();
    assert_eq!((later.opening, later.closing), (6000, 3100));
    assert_eq!((later.issued, later.redeemed), (100, 0));
}

fn closing(cohort: &api::Cohort) -> i64 {
    cohort.movements.as_ref().unwrap().closing
}

#[tokio::test]
async fn what_a_lot_has_lost_is_found_and_named_by_the_report() {
    let bench = Bench::start().await;
    let member = bench.member(500).await;
    let sql = "UPDATE lots SET available = available - 1 WHERE holder_id = $1";
    let damage = sqlx::query(sql).bind(member);
    damage.execute(bench.database.db().pool()).await.unwrap();
    let report = reported(&bench, api::LiabilityReport::default()).await;
    assert!(!report.balanced);
    assert!(
        report.difference.contains(&member.to_string()),
        "{}",
        report.difference
    );
}

#[tokio::test]
async fn a_report_is_begun_once_for_each_request_and_listed() {
    let bench = Bench::start().await;
    let request = asking(&bench, api::LiabilityReport::default());
    let first = begun(&bench, &request).await.unwrap();
    let again = begun(&bench, &request).await.unwrap();
    assert_eq!(first, again);
    let second = begun(&bench, &asking(&bench, api::LiabilityReport::default()))
        .await
        .unwrap();

    let list = |page_token: String| {
        let mut reports = reports(&bench);
        async move {
            let request = api::ListLiabilityReportsRequest {
                program_id: "default".to_owned(),
                page_size: 1,
                page_token,
            };
            reports
                .list_liability_reports(request)
                .await
                .unwrap()
                .into_inner()
        }
    };
    let one = list(String::new()).await;
    let two = list(one.next_page_token).await;
    let listed = [
        &one.liability_reports[0].report_id,
        &two.liability_reports[0].report_id,
    ];
    assert_eq!(listed, [&second.report_id, &first.report_id]);
    assert_eq!(two.next_page_token, "");
}

#[tokio::test]
async fn what_can_not_be_reported_is_refused_by_name() {
    let bench = Bench::start().await;
    let now = bench.clock.now();
    let backwards = api::LiabilityReport {
        period_start_time: Some(timestamp(now)),
        period_end_time: Some(timestamp(now - SignedDuration::from_hours(1))),
        ..api::LiabilityReport::default()
    };
    let refused = begun(&bench, &asking(&bench, backwards)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "TIME_OUT_OF_RANGE")
    );
    let unknown = api::LiabilityReport {
        wallet_id: "GEMS".to_owned(),
        ..api::LiabilityReport::default()
    };
    let refused = begun(&bench, &asking(&bench, unknown)).await.unwrap_err();
    assert_eq!(reason(&refused), "WALLET_NOT_FOUND");
    let nobodys = api::GetLiabilityReportRequest {
        program_id: "default".to_owned(),
        report_id: bench.clock.new_id().to_string(),
    };
    let refused = reports(&bench)
        .get_liability_report(nobodys)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "LIABILITY_REPORT_NOT_FOUND")
    );
}
