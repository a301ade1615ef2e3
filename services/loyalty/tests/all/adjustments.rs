//! Corrections by hand: small ones at once, others by two persons, each decided on once.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::adjustment::State;
use contract::patron::loyalty::v1::adjustment_service_client::AdjustmentServiceClient;
use jiff::SignedDuration;
use testkit::{Bearer, Caller, metadata, reason};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::all::accounts::{WHY, close, gifted, has, id};
use crate::all::shop::Shop;
use crate::all::support::Bench;

/// Corrections of 100 points or more take two persons, none is above 1,000.
pub(super) async fn shop() -> Shop {
    Shop::open(|document| {
        document.adjustments = Some(api::AdjustmentPolicy {
            approval_from: 100,
            maximum: 1_000,
            decision_hours: 48,
        });
    })
    .await
}

fn adjustments(bench: &Bench, who: &str) -> AdjustmentServiceClient<Caller> {
    AdjustmentServiceClient::with_interceptor(bench.channel(), Bearer::named(who, &["operator"]))
}

fn asking(bench: &Bench, customer_id: Uuid, points: i64) -> api::CreateAdjustmentRequest {
    api::CreateAdjustmentRequest {
        adjustment: Some(api::Adjustment {
            customer_id: customer_id.to_string(),
            points,
            reason_code: "goodwill".to_owned(),
            reason: "a parcel came late".to_owned(),
            reference: "case-1".to_owned(),
            ..api::Adjustment::default()
        }),
        request_id: id(bench),
        validate_only: false,
    }
}

pub(super) async fn ask(
    bench: &Bench,
    customer_id: Uuid,
    points: i64,
) -> Result<api::Adjustment, Status> {
    let request = asking(bench, customer_id, points);
    let asked = adjustments(bench, "ann").create_adjustment(request).await?;
    Ok(asked.into_inner())
}

fn approving(bench: &Bench, asked: &api::Adjustment) -> api::ApproveAdjustmentRequest {
    api::ApproveAdjustmentRequest {
        customer_id: asked.customer_id.clone(),
        adjustment_id: asked.adjustment_id.clone(),
        reason: WHY.to_owned(),
        request_id: id(bench),
    }
}

async fn approve(
    bench: &Bench,
    who: &str,
    asked: &api::Adjustment,
) -> Result<api::Adjustment, Status> {
    let request = approving(bench, asked);
    let approved = adjustments(bench, who).approve_adjustment(request).await?;
    Ok(approved.into_inner())
}

async fn reject(
    bench: &Bench,
    who: &str,
    asked: &api::Adjustment,
) -> Result<api::Adjustment, Status> {
    let request = api::RejectAdjustmentRequest {
        customer_id: asked.customer_id.clone(),
        adjustment_id: asked.adjustment_id.clone(),
        reason: WHY.to_owned(),
        request_id: id(bench),
    };
    let rejected = adjustments(bench, who).reject_adjustment(request).await?;
    Ok(rejected.into_inner())
}

async fn read(bench: &Bench, asked: &api::Adjustment) -> api::Adjustment {
    let request = api::GetAdjustmentRequest {
        customer_id: asked.customer_id.clone(),
        adjustment_id: asked.adjustment_id.clone(),
    };
    let found = adjustments(bench, "ann").get_adjustment(request).await;
    found.unwrap().into_inner()
}

/// The points of all corrections, or of those that wait, the latest first.
async fn listed(bench: &Bench, pending_only: bool) -> Vec<i64> {
    let request = api::ListAdjustmentsRequest {
        pending_only,
        ..api::ListAdjustmentsRequest::default()
    };
    let listed = adjustments(bench, "ann").list_adjustments(request).await;
    let adjustments = listed.unwrap().into_inner().adjustments;
    adjustments.iter().map(|asked| asked.points).collect()
}

#[tokio::test]
async fn a_small_correction_is_made_at_once_and_once_for_each_request() {
    let shop = shop().await;
    let bench = &shop.bench;
    let customer_id = gifted(bench, 50).await;
    let tried = api::CreateAdjustmentRequest {
        validate_only: true,
        ..asking(bench, customer_id, 99)
    };
    let tried = adjustments(bench, "ann").create_adjustment(tried).await;
    assert_eq!(tried.unwrap().into_inner().state(), State::Applied);
    assert_eq!(has(bench, customer_id).await, (50, 0), "it was only tried");

    let request = asking(bench, customer_id, 99);
    let mut ann = adjustments(bench, "ann");
    let made = ann.create_adjustment(request.clone()).await;
    let made = made.unwrap().into_inner();
    let again = ann.create_adjustment(request).await;
    assert_eq!(again.unwrap().into_inner(), made);
    assert_eq!(made.state(), State::Applied);
    assert!(!made.operation_id.is_empty() && made.decide_until_time.is_none());
    ask(bench, customer_id, -40).await.unwrap();
    assert_eq!(has(bench, customer_id).await, (109, 0));
    let told: Vec<api::PointsAdjusted> = bench.announced(customer_id).await;
    let told: Vec<(i64, i64)> = told
        .iter()
        .map(|told| (told.points, told.available_after))
        .collect();
    assert_eq!(told, [(99, 149), (-40, 109)]);
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_large_correction_takes_somebody_else_and_is_decided_on_once() {
    let shop = shop().await;
    let bench = &shop.bench;
    let customer_id = gifted(bench, 50).await;
    let asked = ask(bench, customer_id, 100).await.unwrap();
    assert_eq!(
        (asked.state(), asked.created_by.as_str()),
        (State::Pending, "user:ann")
    );
    assert_eq!(has(bench, customer_id).await, (50, 0));
    let refused = approve(bench, "ann", &asked).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::PermissionDenied, "ADJUSTMENT_FOUR_EYES")
    );
    let request = approving(bench, &asked);
    let mut bob = adjustments(bench, "bob");
    let approved = bob.approve_adjustment(request.clone()).await;
    let approved = approved.unwrap().into_inner();
    let again = bob.approve_adjustment(request).await;
    assert_eq!(again.unwrap().into_inner(), approved);
    assert_eq!(
        (approved.state(), approved.decided_by.as_str()),
        (State::Applied, "user:bob")
    );
    assert_eq!(read(bench, &asked).await, approved);
    assert_eq!(has(bench, customer_id).await, (150, 0));
    for late in [
        approve(bench, "cleo", &asked).await.unwrap_err(),
        reject(bench, "cleo", &asked).await.unwrap_err(),
    ] {
        assert_eq!(reason(&late), "ADJUSTMENT_ALREADY_DECIDED");
        assert_eq!(metadata(&late, "state"), "APPLIED");
    }

    let asked = ask(bench, customer_id, -120).await.unwrap();
    assert_eq!(listed(bench, true).await, [-120]);
    let rejected = reject(bench, "ann", &asked).await.unwrap();
    assert_eq!(
        rejected.state(),
        State::Rejected,
        "who asked may turn it down"
    );
    let late = approve(bench, "bob", &asked).await.unwrap_err();
    assert_eq!(metadata(&late, "state"), "REJECTED");
    assert_eq!(listed(bench, true).await, [0_i64; 0]);
    assert_eq!(listed(bench, false).await, [-120, 100]);
    let requested: Vec<api::AdjustmentRequested> = bench.announced(customer_id).await;
    let rejected: Vec<api::AdjustmentRejected> = bench.announced(customer_id).await;
    assert_eq!((requested.len(), rejected.len()), (2, 1));
    bench.assert_sound().await;
}

#[tokio::test]
async fn of_many_who_approve_at_once_one_does() {
    let shop = shop().await;
    let bench = &shop.bench;
    let customer_id = gifted(bench, 0).await;
    let asked = ask(bench, customer_id, 500).await.unwrap();
    let names: Vec<String> = (0..8).map(|number| format!("somebody-{number}")).collect();
    let approvals = names.iter().map(|name| approve(bench, name, &asked));
    let outcomes = futures_util::future::join_all(approvals).await;
    let refused: Vec<Status> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 7);
    for refused in refused {
        assert_eq!(reason(&refused), "ADJUSTMENT_ALREADY_DECIDED");
    }
    assert_eq!(has(bench, customer_id).await, (500, 0));
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_correction_that_nobody_decides_on_lapses() {
    let shop = shop().await;
    let bench = &shop.bench;
    let customer_id = gifted(bench, 0).await;
    let asked = ask(bench, customer_id, 100).await.unwrap();
    bench.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(read(bench, &asked).await.state(), State::Lapsed);
    assert_eq!(listed(bench, true).await, [0_i64; 0]);
    for late in [
        approve(bench, "bob", &asked).await.unwrap_err(),
        reject(bench, "bob", &asked).await.unwrap_err(),
    ] {
        assert_eq!(reason(&late), "ADJUSTMENT_ALREADY_DECIDED");
        assert_eq!(metadata(&late, "state"), "LAPSED");
    }
    assert_eq!(has(bench, customer_id).await, (0, 0));
    bench.assert_sound().await;
}

#[tokio::test]
async fn nothing_too_much_and_what_has_ended_is_not_corrected() {
    let shop = shop().await;
    let bench = &shop.bench;
    let customer_id = gifted(bench, 0).await;
    let refused = ask(bench, customer_id, 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    for points in [1_001, -1_001] {
        let refused = ask(bench, customer_id, points).await.unwrap_err();
        assert_eq!(reason(&refused), "ADJUSTMENT_TOO_LARGE");
        assert_eq!(metadata(&refused, "maximum"), "1000");
    }
    let waits = ask(bench, customer_id, 1_000).await.unwrap();
    close(bench, customer_id, false).await.unwrap();
    for refused in [
        ask(bench, customer_id, 1).await.unwrap_err(),
        ask(bench, customer_id, 100).await.unwrap_err(),
        approve(bench, "bob", &waits).await.unwrap_err(),
    ] {
        assert_eq!(reason(&refused), "MEMBER_NOT_ACTIVE");
    }
    let unknown = api::Adjustment {
        adjustment_id: id(bench),
        ..waits
    };
    let refused = approve(bench, "bob", &unknown).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "ADJUSTMENT_NOT_FOUND")
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn what_is_taken_beyond_what_there_is_is_owed_as_far_as_the_program_lets_it() {
    let shop = shop().await;
    let bench = &shop.bench;
    let customer_id = gifted(bench, 30).await;
    ask(bench, customer_id, -50).await.unwrap();
    assert_eq!(has(bench, customer_id).await, (0, 20));
    ask(bench, customer_id, 25).await.unwrap();
    assert_eq!(
        has(bench, customer_id).await,
        (5, 0),
        "a credit repays first"
    );
    let no_debt = |document: &mut api::ProgramDocument| {
        for wallet in &mut document.wallets {
            wallet.debt = Some(api::DebtPolicy {
                mode: api::debt_policy::Mode::None.into(),
                ..api::DebtPolicy::default()
            });
        }
    };
    bench.clock.advance(SignedDuration::from_hours(1));
    bench.change_program(no_debt).await;
    let refused = ask(bench, customer_id, -6).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    let told = ["available", "required"].map(|key| metadata(&refused, key));
    assert_eq!(told, ["5", "6"]);
    bench.assert_sound().await;
}
