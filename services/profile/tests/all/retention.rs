//! What is old enough goes, with a report, unless a legal hold is on the person.

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use jiff::SignedDuration;
use proto::{
    CreateLegalHoldRequest, ListRetentionRulesRequest, ListRetentionRunsRequest,
    PreviewRetentionRequest, RetentionKind, RetentionProblem, RetentionRun,
    SetRetentionRuleRequest,
};
use tonic::Code;

use crate::harness::{Profile, fields, request_id, until};
use crate::interactions::{at, record, request, timeline};

fn setting(kind: RetentionKind, days: i32) -> SetRetentionRuleRequest {
    SetRetentionRuleRequest {
        kind: kind.into(),
        days,
        request_id: request_id(),
    }
}

/// The report of the run of a kind, once it has ended.
async fn report(profile: &Profile, kind: RetentionKind) -> RetentionRun {
    until("the run ends", async || {
        let request = ListRetentionRunsRequest::default();
        let listed = profile.retention().list_retention_runs(request).await;
        let mut runs = listed.unwrap().into_inner().runs.into_iter();
        runs.find(|run| run.kind() == kind && run.end_time.is_some())
    })
    .await
}

async fn preview(profile: &Profile, kind: RetentionKind, days: i32) -> (i64, i64) {
    let request = PreviewRetentionRequest {
        kind: kind.into(),
        days,
    };
    let shown = profile.retention().preview_retention(request).await;
    let shown = shown.unwrap().into_inner();
    (shown.removable_count, shown.held_count)
}

#[tokio::test]
async fn old_interactions_go_by_months_or_by_rows_where_somebody_is_held() {
    let profile = Profile::start().await;
    let (anna, ben) = (profile.customer().await, profile.customer().await);
    let recent = Clock::system().now() - SignedDuration::from_hours(24);
    let told = [
        at(&anna, "a-1", "2020-01-10T10:00:00Z"),
        at(&ben, "b-1", "2020-01-20T10:00:00Z"),
        at(&anna, "a-2", "2020-02-10T10:00:00Z"),
        at(&anna, "a-3", &recent.to_string()),
    ];
    record(&profile, told.map(request).into()).await;
    let hold = CreateLegalHoldRequest {
        customer_id: ben.clone(),
        reason: "a lawsuit".to_owned(),
        request_id: request_id(),
    };
    profile.privacy().create_legal_hold(hold).await.unwrap();

    let kind = RetentionKind::Interactions;
    assert_eq!(preview(&profile, kind, 365).await, (2, 1));
    assert_eq!(timeline(&profile, &anna, 10).await.len(), 3);
    let set = setting(kind, 365);
    let mut retention = profile.retention();
    let rule = retention.set_retention_rule(set.clone()).await.unwrap();
    let again = retention.set_retention_rule(set).await.unwrap();
    assert_eq!(again.into_inner(), rule.into_inner());

    let run = report(&profile, kind).await;
    assert_eq!((run.days, run.removed_count, run.held_count), (365, 2, 1));
    assert_eq!(timeline(&profile, &anna, 10).await, ["a-3"]);
    assert_eq!(timeline(&profile, &ben, 10).await, ["b-1"]);
    assert_eq!(preview(&profile, kind, 365).await, (0, 1));
    // Where somebody is held the month stays; the other one is gone as a whole.
    let months = "SELECT count(*) FROM pg_class WHERE relname IN ('interactions_202001', 'interactions_202002')";
    assert_eq!(profile.count(months).await, 1);
    // What was removed is known to have been told.
    let again = record(
        &profile,
        vec![request(at(&anna, "a-1", "2020-01-10T10:00:00Z"))],
    )
    .await;
    assert_eq!(again.already_recorded_count, 1);
}

#[tokio::test]
async fn contacts_are_kept_as_long_as_caps_may_count_them() {
    let profile = Profile::start().await;
    let refused = profile
        .retention()
        .set_retention_rule(setting(RetentionKind::Contacts, 30))
        .await;
    assert_eq!(fields(&refused.unwrap_err()), ["days"]);
    let set = setting(RetentionKind::Contacts, 31);
    profile.retention().set_retention_rule(set).await.unwrap();
    let run = report(&profile, RetentionKind::Contacts).await;
    assert_eq!((run.removed_count, run.held_count), (0, 0));
    let rules = profile
        .retention()
        .list_retention_rules(ListRetentionRulesRequest {})
        .await;
    let days = rules.unwrap().into_inner().rules;
    let days: Vec<_> = days.iter().map(|rule| (rule.kind(), rule.days)).collect();
    assert_eq!(
        days,
        [
            (RetentionKind::Interactions, 0),
            (RetentionKind::Contacts, 31),
            (RetentionKind::ImportErrors, 0),
            (RetentionKind::Cases, 0),
            (RetentionKind::SurveyResponses, 0),
            (RetentionKind::Baskets, 0),
        ]
    );
}

#[tokio::test]
async fn a_run_that_waits_for_another_service_says_so() {
    let profile = Profile::start().await;
    let previewed = PreviewRetentionRequest {
        kind: RetentionKind::Cases.into(),
        days: 365,
    };
    let refused = profile.retention().preview_retention(previewed).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
    let set = setting(RetentionKind::Cases, 365);
    profile.retention().set_retention_rule(set).await.unwrap();
    let run = until("the service was asked", async || {
        let request = ListRetentionRunsRequest::default();
        let listed = profile.retention().list_retention_runs(request).await;
        let mut runs = listed.unwrap().into_inner().runs.into_iter();
        runs.find(|run| run.problem() == RetentionProblem::Unavailable)
    })
    .await;
    assert_eq!(
        (run.kind(), &*run.service),
        (RetentionKind::Cases, "complaints")
    );
    assert_eq!(run.end_time, None);
}
