//! Operations and refusals, explained.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::explanation_service_client::ExplanationServiceClient;
use testkit::{Bearer, Caller, reason};
use tonic::Code;

use crate::all::shop::{Shop, mug};
use crate::all::support::{Bench, spending};

fn explanations(bench: &Bench) -> ExplanationServiceClient<Caller> {
    ExplanationServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

#[tokio::test]
async fn an_operation_is_explained_with_its_lots_and_why_they_moved() {
    let bench = Bench::start().await;
    let member = bench.member(5000).await;
    let spend = spending(&bench, member, 2000);
    let spent = bench
        .members()
        .create_redemption(spend)
        .await
        .unwrap()
        .into_inner();

    let request = api::ExplainOperationRequest {
        customer_id: member.to_string(),
        operation_id: spent.redemption_id,
    };
    let explained = explanations(&bench)
        .explain_operation(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(explained.operation(), api::ledger_entry::Operation::Redeem);
    assert_eq!(explained.reference, "a mug");
    let [moved] = &explained.movements[..] else {
        panic!("{explained:?}")
    };
    assert_eq!((moved.amount, moved.balance_after), (-2000, 3000));
    assert_eq!(moved.lot_reference, "o-1");
    assert_eq!(moved.lot_id, spent.lots[0].lot_id);
    assert!(!explained.sentences.is_empty());
}

#[tokio::test]
async fn a_refusal_is_explained_to_its_caller_by_the_id_of_the_request() {
    let bench = Bench::start().await;
    let member = bench.member(1500).await;
    let spend = spending(&bench, member, 2000);
    let request_id = spend.request_id.clone();
    bench.members().create_redemption(spend).await.unwrap_err();

    let request = |request_id: &str, caller: &str| api::ExplainRefusalRequest {
        request_id: request_id.to_owned(),
        caller: caller.to_owned(),
    };
    let explained = explanations(&bench)
        .explain_refusal(request(&request_id, ""))
        .await;
    let explained = explained.unwrap().into_inner();
    assert_eq!(explained.reason, "INSUFFICIENT_POINTS");
    assert_eq!(explained.metadata["available"], "1500");
    assert_eq!(explained.metadata["required"], "2000");
    assert_eq!(
        explained.method,
        "patron.loyalty.v1.MemberService/CreateRedemption"
    );
    assert!(explained.meaning.starts_with("Fewer points are available"));

    let named = explanations(&bench)
        .explain_refusal(request(&request_id, &explained.caller))
        .await;
    assert_eq!(named.unwrap().into_inner().reason, explained.reason);
    let other = explanations(&bench)
        .explain_refusal(request(&request_id, "nobody"))
        .await;
    let other = other.unwrap_err();
    assert_eq!(
        (other.code(), reason(&other).as_str()),
        (Code::NotFound, "REFUSAL_NOT_FOUND")
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_explained() {
    let bench = Bench::start().await;
    let request = api::ExplainOperationRequest {
        customer_id: bench.member(1).await.to_string(),
        operation_id: bench.clock.new_id().to_string(),
    };
    let refused = explanations(&bench)
        .explain_operation(request)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "OPERATION_NOT_FOUND")
    );
}

#[tokio::test]
async fn points_that_went_for_a_reward_are_explained_by_it_spent_at_once_or_held_before() {
    let shop = Shop::open(|document| document.rewards = vec![mug(30, 5)]).await;
    let customer_id = shop.bench.member(100).await;
    let now = shop.order(shop.ordering(customer_id, "mug")).await.unwrap();
    let holding = api::OrderRewardRequest {
        hold: true,
        ..shop.ordering(customer_id, "mug")
    };
    let held = shop.order(holding).await.unwrap();
    let confirm = api::ConfirmRewardOrderRequest {
        customer_id: held.customer_id,
        reward_order_id: held.reward_order_id,
        request_id: shop.id(),
    };
    let confirmed = shop.rewards().confirm_reward_order(confirm).await;
    for operation_id in [
        now.redemption_id,
        confirmed.unwrap().into_inner().redemption_id,
    ] {
        let request = api::ExplainOperationRequest {
            customer_id: customer_id.to_string(),
            operation_id,
        };
        let explained = explanations(&shop.bench).explain_operation(request).await;
        let sentences = explained.unwrap().into_inner().sentences;
        let of_reward = "Spent on the reward mug.".to_owned();
        assert!(sentences.contains(&of_reward), "{sentences:?}");
    }
}
