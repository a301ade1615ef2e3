//! Credits of known amounts: what they do, what they tell, and what is refused.

use contract::patron::loyalty::v1 as api;
use contract::patron::r#type::v1::Money;
use contract::time::timestamp;
use jiff::SignedDuration;
use testkit::{metadata, reason};
use tonic::Code;

use crate::all::support::{Bench, crediting, spending};

#[tokio::test]
async fn a_credit_makes_a_lot_and_is_read_back_as_it_was_answered() {
    let bench = Bench::start().await;
    let customer_id = bench.member(10).await;
    let mut request = crediting(&bench, customer_id, 500);
    let earned_at = bench.clock.now() - SignedDuration::from_hours(48);
    let accrual = request.accrual.as_mut().unwrap();
    accrual.funding_partner = "bank".to_owned();
    accrual.earn_time = Some(timestamp(earned_at));
    accrual.cost = Some(Money {
        currency_code: "GBP".to_owned(),
        amount_minor: 250,
    });
    let credited = bench.accruals().create_accrual(request.clone()).await;
    let credited = credited.unwrap().into_inner();
    assert_eq!((credited.points, credited.available_after), (500, 510));
    assert_eq!(credited.wallet_id, "POINTS");

    let read = bench
        .accruals()
        .get_accrual(api::GetAccrualRequest {
            customer_id: customer_id.to_string(),
            accrual_id: credited.accrual_id.clone(),
        })
        .await;
    assert_eq!(read.unwrap().into_inner(), credited);
    let lots = bench
        .members()
        .list_lots(api::ListLotsRequest {
            customer_id: customer_id.to_string(),
            ..api::ListLotsRequest::default()
        })
        .await;
    let lots = lots.unwrap().into_inner().lots;
    let lot = lots
        .iter()
        .find(|lot| lot.lot_id == credited.lot_id)
        .unwrap();
    assert_eq!(
        (lot.funding_partner.as_str(), lot.remaining_amount),
        ("bank", 500)
    );

    let again = bench.accruals().create_accrual(request).await.unwrap();
    assert!(again.metadata().contains_key(idempotency::REPLAYED));
    assert_eq!(again.into_inner(), credited);
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 510);
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_credit_repays_debt_first_and_says_so_whenever_it_is_read() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let spent = spending(&bench, customer_id, 70);
    bench.members().create_redemption(spent).await.unwrap();
    bench.returned(customer_id, "o-1", 100).await;
    let credited = bench
        .accruals()
        .create_accrual(crediting(&bench, customer_id, 90))
        .await;
    let credited = credited.unwrap().into_inner();
    assert_eq!((credited.debt_repaid, credited.available_after), (70, 20));
    let read = bench
        .accruals()
        .get_accrual(api::GetAccrualRequest {
            customer_id: customer_id.to_string(),
            accrual_id: credited.accrual_id.clone(),
        })
        .await;
    assert_eq!(read.unwrap().into_inner(), credited);
}

#[tokio::test]
async fn a_trial_credits_nothing_and_what_can_not_be_is_refused_by_name() {
    let bench = Bench::start().await;
    let customer_id = bench.member(10).await;
    let mut trial = crediting(&bench, customer_id, 500);
    trial.validate_only = true;
    let tried = bench
        .accruals()
        .create_accrual(trial)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (tried.accrual_id.as_str(), tried.available_after),
        ("", 510)
    );
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 10);

    let mut ahead = crediting(&bench, customer_id, 1);
    let tomorrow = bench.clock.now() + SignedDuration::from_hours(24);
    ahead.accrual.as_mut().unwrap().earn_time = Some(timestamp(tomorrow));
    let refused = bench.accruals().create_accrual(ahead).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "TIME_OUT_OF_RANGE")
    );

    let mut other = crediting(&bench, customer_id, 1);
    other.accrual.as_mut().unwrap().wallet_id = "MILES".to_owned();
    let refused = bench.accruals().create_accrual(other).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "WALLET_NOT_FOUND")
    );
    assert_eq!(metadata(&refused, "wallet_id"), "MILES");

    bench
        .arrange(
            "UPDATE wallets SET available = 9223372036854775807;
             UPDATE lots SET available = 9223372036854775807",
        )
        .await;
    let refused = bench
        .accruals()
        .create_accrual(crediting(&bench, customer_id, 1))
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::OutOfRange, "AMOUNT_OUT_OF_RANGE")
    );
}
