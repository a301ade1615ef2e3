//! Held points: taken out of reach at once, then spent or given back, once.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::hold::State;
use contract::time::timestamp;
use jiff::SignedDuration;
use testkit::{metadata, reason};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::all::support::{Bench, holding, spending};

async fn place(bench: &Bench, customer_id: Uuid, points: i64) -> api::Hold {
    let placed = bench
        .holds()
        .create_hold(holding(bench, customer_id, points))
        .await;
    placed.unwrap().into_inner()
}

async fn confirm(
    bench: &Bench,
    hold: &api::Hold,
    points: i64,
    is_final: bool,
) -> Result<api::Hold, Status> {
    let request = api::ConfirmHoldRequest {
        customer_id: hold.customer_id.clone(),
        hold_id: hold.hold_id.clone(),
        request_id: bench.clock.new_id().to_string(),
        points,
        r#final: is_final,
    };
    Ok(bench.holds().confirm_hold(request).await?.into_inner())
}

async fn release(bench: &Bench, hold: &api::Hold) -> Result<api::Hold, Status> {
    let request = api::ReleaseHoldRequest {
        customer_id: hold.customer_id.clone(),
        hold_id: hold.hold_id.clone(),
        request_id: bench.clock.new_id().to_string(),
    };
    Ok(bench.holds().release_hold(request).await?.into_inner())
}

async fn read(bench: &Bench, hold: &api::Hold) -> api::Hold {
    let request = api::GetHoldRequest {
        customer_id: hold.customer_id.clone(),
        hold_id: hold.hold_id.clone(),
    };
    bench.holds().get_hold(request).await.unwrap().into_inner()
}

/// As it was answered, but for the balance, which is known to whoever has changed it.
fn at_rest(hold: &api::Hold) -> api::Hold {
    api::Hold {
        available_after: 0,
        ..hold.clone()
    }
}

#[tokio::test]
async fn held_points_are_spent_in_parts_and_the_rest_goes_back_to_its_lots() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    bench.bought(customer_id, "o-2", 50).await;
    let hold = place(&bench, customer_id, 120).await;
    assert_eq!((hold.state(), hold.available_after), (State::Open, 30));
    let shares: Vec<i64> = hold.lots.iter().map(|share| share.amount).collect();
    assert_eq!(shares, [100, 20]);
    let balance = bench.balance(customer_id).await.unwrap();
    assert_eq!((balance.available, balance.held), (30, 120));

    let part = confirm(&bench, &hold, 60, false).await.unwrap();
    assert_eq!((part.state(), part.confirmed_points), (State::Open, 60));
    let last = confirm(&bench, &hold, 50, true).await.unwrap();
    assert_eq!(last.state(), State::Confirmed);
    assert_eq!((last.confirmed_points, last.released_points), (110, 10));
    assert_eq!(last.available_after, 40);
    assert_eq!(read(&bench, &hold).await, at_rest(&last));

    let request = api::GetRedemptionRequest {
        customer_id: customer_id.to_string(),
        redemption_id: last.redemption_ids[1].clone(),
    };
    let spent = bench
        .members()
        .get_redemption(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((spent.points, spent.available_after), (50, 40));
    let shares: Vec<i64> = spent.lots.iter().map(|share| share.amount).collect();
    assert_eq!(shares, [40, 10]);
    let balance = bench.balance(customer_id).await.unwrap();
    assert_eq!((balance.available, balance.held), (40, 0));
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_hold_is_resolved_once_and_whoever_comes_later_is_told_how() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let released = place(&bench, customer_id, 40).await;
    assert_eq!(
        release(&bench, &released).await.unwrap().available_after,
        100
    );
    let confirmed = place(&bench, customer_id, 40).await;
    confirm(&bench, &confirmed, 0, false).await.unwrap();
    for (hold, state) in [(&released, "RELEASED"), (&confirmed, "CONFIRMED")] {
        let late = [
            confirm(&bench, hold, 1, false).await.unwrap_err(),
            confirm(&bench, hold, 0, true).await.unwrap_err(),
            release(&bench, hold).await.unwrap_err(),
        ];
        for refused in late {
            assert_eq!(
                (refused.code(), reason(&refused).as_str()),
                (Code::FailedPrecondition, "HOLD_ALREADY_RESOLVED")
            );
            assert_eq!(metadata(&refused, "state"), state);
        }
    }
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 60);
    bench.assert_sound().await;
}

#[tokio::test]
async fn more_than_is_held_is_not_confirmed_and_no_more_than_there_is_is_held() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let hold = place(&bench, customer_id, 40).await;
    let refused = confirm(&bench, &hold, 41, false).await.unwrap_err();
    assert_eq!(reason(&refused), "ABOVE_HOLD");
    assert_eq!(
        (
            metadata(&refused, "held").as_str(),
            metadata(&refused, "required").as_str()
        ),
        ("40", "41")
    );

    let refused = bench
        .holds()
        .create_hold(holding(&bench, customer_id, 61))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    let refused = bench
        .members()
        .create_redemption(spending(&bench, customer_id, 61))
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "INSUFFICIENT_POINTS");

    for hours in [-1, 24 * 365] {
        let mut odd = holding(&bench, customer_id, 1);
        let end = bench.clock.now() + SignedDuration::from_hours(hours);
        odd.hold.as_mut().unwrap().expire_time = Some(timestamp(end));
        let refused = bench.holds().create_hold(odd).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "TIME_OUT_OF_RANGE")
        );
    }
}

#[tokio::test]
async fn of_many_confirmations_at_once_as_many_succeed_as_are_held_and_none_conflicts() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let hold = place(&bench, customer_id, 30).await;
    let confirmations = (0..50).map(|_| confirm(&bench, &hold, 1, false));
    let outcomes = futures_util::future::join_all(confirmations).await;
    let refused: Vec<Status> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 20);
    for refused in refused {
        assert_eq!(reason(&refused), "HOLD_ALREADY_RESOLVED");
    }
    assert_eq!(read(&bench, &hold).await.redemption_ids.len(), 30);
    bench.assert_sound().await;
}

#[tokio::test]
async fn holds_are_listed_the_latest_first_all_or_only_open_ones() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let mut holds = Vec::new();
    for points in 1..=5 {
        holds.push(place(&bench, customer_id, points).await);
    }
    release(&bench, &holds[3]).await.unwrap();
    let list = async |page_size, page_token, open_only| {
        let request = api::ListHoldsRequest {
            customer_id: customer_id.to_string(),
            page_size,
            page_token,
            open_only,
        };
        bench
            .holds()
            .list_holds(request)
            .await
            .unwrap()
            .into_inner()
    };
    let points = |page: &api::ListHoldsResponse| -> Vec<i64> {
        page.holds.iter().map(|hold| hold.points).collect()
    };
    let open = list(0, String::new(), true).await;
    assert_eq!(points(&open), [5, 3, 2, 1]);
    let first = list(3, String::new(), false).await;
    let second = list(3, first.next_page_token.clone(), false).await;
    assert_eq!([points(&first), points(&second)].concat(), [5, 4, 3, 2, 1]);
    assert_eq!(second.next_page_token, "");
}
