//! Points that members send each other: within the month's limit, with their end, to others.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::transfer_service_client::TransferServiceClient;
use jiff::SignedDuration;
use testkit::{Bearer, Caller, metadata, reason};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::all::accounts::{close, enrol, gifted, has, id, merge, open_program, suspend, unmerge};
use crate::all::shop::Shop;
use crate::all::support::Bench;

/// A member may send 100 points in a month.
async fn shop() -> Shop {
    Shop::open(|document| {
        document.households = Some(api::HouseholdPolicy {
            monthly_transfer_limit: 100,
            ..api::HouseholdPolicy::default()
        });
    })
    .await
}

fn transfers(bench: &Bench) -> TransferServiceClient<Caller> {
    TransferServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

fn sending(bench: &Bench, from: Uuid, to: Uuid, points: i64) -> api::CreateTransferRequest {
    api::CreateTransferRequest {
        transfer: Some(api::Transfer {
            customer_id: from.to_string(),
            recipient_customer_id: to.to_string(),
            points,
            reference: "for the tea".to_owned(),
            ..api::Transfer::default()
        }),
        request_id: id(bench),
        validate_only: false,
    }
}

async fn send(bench: &Bench, from: Uuid, to: Uuid, points: i64) -> Result<api::Transfer, Status> {
    let request = sending(bench, from, to, points);
    let sent = transfers(bench).create_transfer(request).await?;
    Ok(sent.into_inner())
}

async fn cause(bench: &Bench, from: Uuid, to: Uuid) -> String {
    let refused = send(bench, from, to, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "TRANSFER_REFUSED");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    metadata(&refused, "cause")
}

async fn listed(bench: &Bench, customer_id: Uuid) -> Vec<api::Transfer> {
    let request = api::ListTransfersRequest {
        customer_id: customer_id.to_string(),
        ..api::ListTransfersRequest::default()
    };
    let listed = transfers(bench).list_transfers(request).await.unwrap();
    listed.into_inner().transfers
}

#[tokio::test]
async fn points_are_sent_once_for_each_request_and_keep_their_end() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (bench.member(70).await, bench.member(10).await);
    let tried = api::CreateTransferRequest {
        validate_only: true,
        ..sending(bench, ann, bob, 60)
    };
    let tried = transfers(bench).create_transfer(tried).await.unwrap();
    assert_eq!(tried.into_inner().available_after, 10);
    assert_eq!(
        (has(bench, ann).await.0, listed(bench, ann).await.len()),
        (70, 0)
    );

    let request = sending(bench, ann, bob, 60);
    let sent = transfers(bench).create_transfer(request.clone()).await;
    let sent = sent.unwrap().into_inner();
    let again = transfers(bench).create_transfer(request).await.unwrap();
    assert_eq!(again.into_inner(), sent);
    assert_eq!(sent.available_after, 10);
    assert_eq!((has(bench, ann).await.0, has(bench, bob).await.0), (10, 70));
    let request = api::ListLotsRequest {
        customer_id: bob.to_string(),
        ..api::ListLotsRequest::default()
    };
    let lots = bench.members().list_lots(request).await.unwrap();
    let lots = lots.into_inner().lots;
    assert_eq!(lots.len(), 2);
    assert!(lots[0].expire_time.is_some() && lots[0].expire_time == lots[1].expire_time);

    let request = api::GetTransferRequest {
        customer_id: ann.to_string(),
        transfer_id: sent.transfer_id.clone(),
    };
    let found = transfers(bench).get_transfer(request).await.unwrap();
    let found = found.into_inner();
    let at_rest = api::Transfer {
        available_after: 0,
        ..sent
    };
    assert_eq!(found, at_rest);
    for one in [ann, bob] {
        assert_eq!(listed(bench, one).await, std::slice::from_ref(&at_rest));
    }
    let told: Vec<api::PointsSent> = bench.announced(ann).await;
    assert_eq!(
        (told.len(), told[0].amount, told[0].available_after),
        (1, 60, 10)
    );
    let told: Vec<api::PointsReceived> = bench.announced(bob).await;
    assert_eq!(
        (told.len(), told[0].amount, told[0].available_after),
        (1, 60, 70)
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn of_many_transfers_at_once_as_many_succeed_as_the_month_allows() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (gifted(bench, 500).await, gifted(bench, 0).await);
    let sends = (0..15).map(|_| send(bench, ann, bob, 10));
    let outcomes = futures_util::future::join_all(sends).await;
    let refused: Vec<Status> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 5);
    for refused in refused {
        assert_eq!(reason(&refused), "TRANSFER_LIMIT_EXCEEDED");
        let told = ["limit", "remaining"].map(|key| metadata(&refused, key));
        assert_eq!(told, ["100", "0"]);
    }
    assert_eq!(
        (has(bench, ann).await.0, has(bench, bob).await.0),
        (400, 100)
    );
    bench.clock.advance(SignedDuration::from_hours(24 * 31));
    send(bench, ann, bob, 100).await.unwrap();
    bench.assert_sound().await;
}

#[tokio::test]
async fn two_who_send_each_other_points_at_once_do_not_stand_in_each_others_way() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (gifted(bench, 100).await, gifted(bench, 100).await);
    let sends = (0..20).map(|number| match number % 2 {
        0 => send(bench, ann, bob, 10),
        _ => send(bench, bob, ann, 10),
    });
    for sent in futures_util::future::join_all(sends).await {
        sent.unwrap();
    }
    assert_eq!(
        (has(bench, ann).await.0, has(bench, bob).await.0),
        (100, 100)
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn who_may_not_send_or_get_points_is_refused_by_name() {
    let shop = shop().await;
    let bench = &shop.bench;
    open_program(bench, "staff").await;
    let (ann, bob) = (gifted(bench, 50).await, gifted(bench, 0).await);
    assert_eq!(cause(bench, ann, ann).await, "SELF");
    let clerk = enrol(bench, "staff").await;
    assert_eq!(cause(bench, ann, clerk).await, "OTHER_PROGRAM");
    let refused = send(bench, ann, bob, 51).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    let stranger = bench.clock.new_id();
    let refused = send(bench, ann, stranger, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
    close(bench, bob, false).await.unwrap();
    assert_eq!(cause(bench, ann, bob).await, "RECIPIENT_CLOSED");
    suspend(bench, ann).await.unwrap();
    let cleo = gifted(bench, 0).await;
    let refused = send(bench, ann, cleo, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_ACTIVE");
    bench.clock.advance(SignedDuration::from_hours(1));
    bench
        .change_program(|document| document.households = None)
        .await;
    assert_eq!(cause(bench, cleo, ann).await, "NOT_OFFERED");
    bench.assert_sound().await;
}

#[tokio::test]
async fn merged_memberships_send_as_one_person_with_one_limit() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob, cleo) = (
        gifted(bench, 200).await,
        gifted(bench, 300).await,
        gifted(bench, 0).await,
    );
    let merged = merge(bench, ann, bob).await.unwrap();
    assert_eq!(cause(bench, ann, bob).await, "SELF");
    assert_eq!(cause(bench, bob, ann).await, "SELF");
    let sent = send(bench, ann, cleo, 80).await.unwrap();
    assert_eq!(
        sent.customer_id,
        bob.to_string(),
        "whose points they are now"
    );
    let refused = send(bench, bob, cleo, 21).await.unwrap_err();
    assert_eq!(metadata(&refused, "remaining"), "20");
    send(bench, cleo, ann, 30).await.unwrap();
    assert_eq!(has(bench, bob).await, (450, 0));
    assert_eq!(listed(bench, bob).await.len(), 2);
    // What was sent was taken of his lots, and what came is his too.
    unmerge(bench, &merged).await.unwrap();
    assert_eq!(
        (has(bench, ann).await.0, has(bench, bob).await.0),
        (200, 250)
    );
    bench.assert_sound().await;
}
