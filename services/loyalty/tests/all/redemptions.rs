//! Spending: what it takes, what it tells, and what a repeated request gets.

use contract::patron::loyalty::v1 as api;
use testkit::{metadata, reason};
use tonic::Code;
use uuid::Uuid;

use crate::all::support::{Bench, spending};

#[tokio::test]
async fn a_redemption_takes_from_the_oldest_lots_and_is_read_back_as_it_was_answered() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    bench.bought(customer_id, "o-2", 50).await;
    let request = spending(&bench, customer_id, 120);
    let spent = bench
        .members()
        .create_redemption(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((spent.points, spent.available_after), (120, 30));
    let shares: Vec<i64> = spent.lots.iter().map(|share| share.amount).collect();
    assert_eq!(shares, [100, 20]);

    let request = api::GetRedemptionRequest {
        customer_id: customer_id.to_string(),
        redemption_id: spent.redemption_id.clone(),
    };
    assert_eq!(
        bench
            .members()
            .get_redemption(request)
            .await
            .unwrap()
            .into_inner(),
        spent
    );
    let names = announced(&bench).await;
    let expected = [
        "MemberEnrolled",
        "PointsEarned",
        "PointsEarned",
        "PointsRedeemed",
    ];
    assert_eq!(
        names,
        expected.map(|name| format!("patron.loyalty.v1.{name}"))
    );
}

#[tokio::test]
async fn a_trial_tells_the_lots_and_spends_nothing_and_leaves_its_request_id_free() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let mut request = spending(&bench, customer_id, 60);
    request.validate_only = true;
    let tried = bench
        .members()
        .create_redemption(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (tried.redemption_id.as_str(), tried.create_time),
        ("", None)
    );
    assert_eq!((tried.lots.len(), tried.available_after), (1, 40));
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 100);

    request.validate_only = false;
    let spent = bench
        .members()
        .create_redemption(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(spent.lots, tried.lots);
    let mut request = spending(&bench, customer_id, 41);
    request.validate_only = true;
    let refused = bench
        .members()
        .create_redemption(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
}

#[tokio::test]
async fn refusals_tell_what_is_missing() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let refused = refusal(&bench, spending(&bench, customer_id, 101)).await;
    assert_eq!(
        (refused.code(), reason(&refused)),
        precondition("INSUFFICIENT_POINTS")
    );
    assert_eq!(
        (
            metadata(&refused, "available"),
            metadata(&refused, "required")
        ),
        pair("100", "101")
    );

    bench
        .change_program(|document| {
            let redemption = api::RedemptionPolicy {
                minimum: 50,
                ..api::RedemptionPolicy::default()
            };
            document.wallets[0].redemption = Some(redemption);
        })
        .await;
    let refused = refusal(&bench, spending(&bench, customer_id, 49)).await;
    assert_eq!(
        (refused.code(), reason(&refused)),
        precondition("BELOW_MINIMUM_REDEMPTION")
    );
    assert_eq!(metadata(&refused, "minimum"), "50");

    bench.arrange("UPDATE holders SET state = 2").await;
    let refused = refusal(&bench, spending(&bench, customer_id, 50)).await;
    assert_eq!(
        (refused.code(), reason(&refused)),
        precondition("MEMBER_NOT_ACTIVE")
    );
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 100);
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer_and_has_no_second_effect() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let request = spending(&bench, customer_id, 10);
    let first = bench
        .members()
        .create_redemption(request.clone())
        .await
        .unwrap();
    assert!(!first.metadata().contains_key(idempotency::REPLAYED));
    for _ in 0..3 {
        let again = bench
            .members()
            .create_redemption(request.clone())
            .await
            .unwrap();
        assert!(again.metadata().contains_key(idempotency::REPLAYED));
        assert_eq!(again.get_ref(), first.get_ref());
    }
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 90);

    let mut other = request;
    other.redemption.as_mut().unwrap().points = 11;
    let conflict = refusal(&bench, other).await;
    assert_eq!(
        (conflict.code(), reason(&conflict).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_CONFLICT")
    );
    assert_eq!(metadata(&conflict, "field"), "redemption.points");
}

#[tokio::test]
async fn a_refusal_stays_one_for_its_request_though_points_have_come_since() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let request = spending(&bench, customer_id, 150);
    let first = refusal(&bench, request.clone()).await;
    bench.bought(customer_id, "o-2", 500).await;
    let again = refusal(&bench, request).await;
    assert_eq!(
        (again.code(), again.message()),
        (first.code(), first.message())
    );
    assert_eq!(again.details(), first.details());
    let anew = spending(&bench, customer_id, 150);
    bench.members().create_redemption(anew).await.unwrap();
}

#[tokio::test]
async fn what_was_spent_before_a_return_is_owed_and_repaid_by_the_next_order() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    bench
        .members()
        .create_redemption(spending(&bench, customer_id, 70))
        .await
        .unwrap();
    bench.returned(customer_id, "o-1", 100).await;
    let balance = bench.balance(customer_id).await.unwrap();
    assert_eq!(
        (balance.available, balance.debt, balance.lifetime_earned),
        (0, 70, 0)
    );
    bench.bought(customer_id, "o-2", 80).await;
    let balance = bench.balance(customer_id).await.unwrap();
    assert_eq!(
        (balance.available, balance.debt, balance.lifetime_earned),
        (10, 0, 80)
    );
}

async fn refusal(bench: &Bench, request: api::CreateRedemptionRequest) -> tonic::Status {
    bench
        .members()
        .create_redemption(request)
        .await
        .unwrap_err()
}

fn precondition(reason: &str) -> (Code, String) {
    (Code::FailedPrecondition, reason.to_owned())
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

async fn announced(bench: &Bench) -> Vec<String> {
    // Programs are announced beside, whenever that is.
    let types = "SELECT type FROM outbox WHERE type NOT LIKE '%.Program%' ORDER BY position";
    sqlx::query_scalar(types)
        .fetch_all(bench.database.owner_pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn redemptions_of_different_callers_under_one_request_id_are_different() {
    let bench = Bench::start().await;
    let one: Uuid = bench.member(100).await;
    let request = spending(&bench, one, 10);
    bench
        .members()
        .create_redemption(request.clone())
        .await
        .unwrap();
    let mut other = bench.members_for("somebody-else");
    other.create_redemption(request).await.unwrap();
    assert_eq!(bench.balance(one).await.unwrap().available, 80);
}
