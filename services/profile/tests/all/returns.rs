//! A return takes effect once, after its order, and never gives back more than was bought.

use contract::patron::profile::v1::r#return::State;
use contract::patron::profile::v1::{ListReturnsRequest, Return, ReturnRecorded};
use contract::patron::r#type::v1::Money;
use tonic::Code;

use crate::harness::{Profile, gbp, give_back, metadata, minute, order, reason};

async fn only_return(profile: &Profile, customer_id: &str) -> Return {
    let request = ListReturnsRequest {
        customer_id: customer_id.to_owned(),
        ..Default::default()
    };
    let listed = profile
        .activities()
        .list_returns(request)
        .await
        .unwrap()
        .into_inner()
        .returns;
    assert_eq!(listed.len(), 1);
    listed.into_iter().next().unwrap()
}

#[tokio::test]
async fn pieces_that_come_back_one_by_one_give_back_exactly_what_was_paid() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    profile
        .record_order(order(&anna, "o", &[(3, 100)]))
        .await
        .unwrap();
    let mut refunds = Vec::new();
    for id in ["r1", "r2", "r3"] {
        let applied = profile
            .record_return(give_back(&anna, (id, "o"), &[("1", 1)]))
            .await
            .unwrap();
        assert_eq!(applied.state(), State::Applied);
        refunds.push(applied.total.unwrap().amount_minor);
    }
    assert_eq!(refunds, [33, 34, 33]);
    let announced: Vec<ReturnRecorded> = profile.payloads(&anna).await;
    let returned: Vec<_> = announced
        .iter()
        .map(|event| event.order.as_ref().unwrap().lines[0].returned_quantity)
        .collect();
    assert_eq!(returned, [1, 2, 3]);
    assert!(
        announced
            .iter()
            .all(|event| event.r#return.as_ref().unwrap().lines[0].refund.is_some())
    );
    let traits = profile.traits(&anna).await;
    assert_eq!(
        (traits.return_count, &traits.spend[0].net),
        (3, &Some(gbp(0)))
    );
    assert_eq!(traits.last_activity_time, Some(minute(20)));
}

#[tokio::test]
async fn a_return_waits_for_its_order_and_takes_effect_with_it() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let sent = give_back(&anna, ("r", "late"), &[("1", 2)]);
    let waiting = profile.record_return(sent.clone()).await.unwrap();
    assert_eq!(
        (waiting.state(), &waiting.total),
        (State::AwaitingOrder, &None)
    );
    assert_eq!(profile.traits(&anna).await.return_count, 0);
    assert_eq!(profile.record_return(sent.clone()).await.unwrap(), waiting);

    let bought = profile
        .record_order(order(&anna, "late", &[(4, 1000)]))
        .await
        .unwrap();
    assert_eq!(bought.lines[0].returned_quantity, 2);
    let applied = only_return(&profile, &anna).await;
    assert_eq!(
        (applied.state(), &applied.total),
        (State::Applied, &Some(gbp(500)))
    );
    assert_eq!(applied.record_time, waiting.record_time);
    assert_eq!(profile.record_return(sent).await.unwrap(), applied);
    let types = profile.event_types(&anna).await;
    assert_eq!(
        types,
        ["CustomerCreated", "OrderRecorded", "ReturnRecorded"]
    );
    assert_eq!(
        profile.traits(&anna).await.spend[0].refunded,
        Some(gbp(500))
    );
}

#[tokio::test]
async fn a_waiting_return_that_contradicts_its_order_is_rejected_without_an_event() {
    let profile = Profile::start().await;
    let (anna, boris) = (profile.customer().await, profile.customer().await);
    let too_many = give_back(&anna, ("r-anna", "late"), &[("1", 5)]);
    let of_another = give_back(&boris, ("r-boris", "late"), &[("1", 1)]);
    profile.record_return(too_many.clone()).await.unwrap();
    profile.record_return(of_another).await.unwrap();
    profile
        .record_order(order(&anna, "late", &[(4, 1000)]))
        .await
        .unwrap();
    for (customer, reject_reason) in [
        (&anna, "RETURN_EXCEEDS_ORDER"),
        (&boris, "ORDER_OF_ANOTHER_CUSTOMER"),
    ] {
        let rejected = only_return(&profile, customer).await;
        assert_eq!(rejected.state(), State::Rejected);
        assert_eq!(rejected.reject_reason, reject_reason);
        assert_eq!(profile.traits(customer).await.return_count, 0);
    }
    assert_eq!(profile.event_types(&boris).await, ["CustomerCreated"]);
    let again = profile.record_return(too_many).await.unwrap();
    assert_eq!(again.state(), State::Rejected);
}

#[tokio::test]
async fn a_return_that_contradicts_its_order_is_refused_with_the_reason_and_may_be_put_right() {
    let profile = Profile::start().await;
    let (anna, boris) = (profile.customer().await, profile.customer().await);
    profile
        .record_order(order(&anna, "o", &[(3, 100)]))
        .await
        .unwrap();
    let good = give_back(&anna, ("r", "o"), &[("1", 1)]);
    let with_refund = |refund: Money| {
        let mut content = good.clone();
        content.lines[0].refund = Some(refund);
        content
    };
    let euro = Money {
        currency_code: "EUR".to_owned(),
        amount_minor: 1,
    };
    let cases = [
        (
            give_back(&boris, ("r", "o"), &[("1", 1)]),
            "ORDER_OF_ANOTHER_CUSTOMER",
        ),
        (
            Return {
                return_time: Some(minute(9)),
                ..good.clone()
            },
            "RETURN_BEFORE_ORDER",
        ),
        (with_refund(euro), "CURRENCY_MISMATCH"),
        (
            give_back(&anna, ("r", "o"), &[("9", 1)]),
            "RETURN_LINE_UNKNOWN",
        ),
        (
            give_back(&anna, ("r", "o"), &[("1", 4)]),
            "RETURN_EXCEEDS_ORDER",
        ),
        (with_refund(gbp(101)), "REFUND_EXCEEDS_LINE"),
    ];
    for (bad, why) in cases {
        let refused = profile.record_return(bad).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, why)
        );
    }
    // A refused return has not used up its id.
    assert_eq!(
        profile.record_return(good).await.unwrap().state(),
        State::Applied
    );
}

#[tokio::test]
async fn the_same_return_id_with_other_content_is_a_conflict_that_names_what_differs() {
    let profile = Profile::start().await;
    let (anna, boris) = (profile.customer().await, profile.customer().await);
    profile
        .record_order(order(&anna, "o", &[(3, 100)]))
        .await
        .unwrap();
    let sent = give_back(&anna, ("r", "o"), &[("1", 1)]);
    profile.record_return(sent.clone()).await.unwrap();
    let of_another = give_back(&boris, ("r", "o"), &[("1", 1)]);
    let of_another_order = Return {
        order_id: "elsewhere".to_owned(),
        ..sent.clone()
    };
    let more = give_back(&anna, ("r", "o"), &[("1", 2)]);
    let explained = Return {
        reason: "too small".to_owned(),
        ..sent
    };
    for (other, field) in [
        (of_another, "return.customer_id"),
        (of_another_order, "return.order_id"),
        (more, "return.lines[0].quantity"),
        (explained, "return.reason"),
    ] {
        let refused = profile.record_return(other).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::AlreadyExists, "RETURN_CONFLICT")
        );
        assert_eq!(metadata(&refused, "field"), field);
    }
    assert_eq!(profile.count("SELECT count(*) FROM order_ids").await, 1);
}
