//! A call that never comes to its end.

use idempotency::{Claim, Keeping, Key};
use sqlx::Row as _;

use crate::world::{METHOD, World, deadline, is_replayed, now, request};

#[tokio::test]
async fn a_connection_that_breaks_before_the_commit_leaves_nothing() {
    let world = World::with_funds(100).await;
    let request = request(1, 40);
    let key = Key::new("user:anna", METHOD, &request.request_id).unwrap();
    let claim = idempotency::claim(
        world.db(),
        &Keeping::Clear,
        deadline(),
        key,
        &request,
        now(),
    )
    .await
    .unwrap();
    let Claim::Fresh(mut claimed) = claim else {
        panic!("the first claim is fresh")
    };
    let tx = claimed.transaction();
    sqlx::query("INSERT INTO effect VALUES (40)")
        .execute(&mut **tx)
        .await
        .unwrap();
    let pid = sqlx::query("SELECT pg_backend_pid()")
        .fetch_one(&mut **tx)
        .await
        .unwrap();
    let kill = sqlx::query("SELECT pg_terminate_backend($1, 10000)").bind(pid.get::<i32, _>(0));
    kill.execute(world.db().pool()).await.unwrap();

    let redemption = request.redemption.clone().unwrap();
    let failed = claimed.finish(Ok(redemption)).await.unwrap_err();
    assert_eq!(failed.code(), tonic::Code::Unavailable);
    assert_eq!(world.count("effect").await, 0);
    let fresh = world.redeem(&request).await;
    assert!(fresh.is_ok() && !is_replayed(&fresh));
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_key_back() {
    let world = World::with_funds(100).await;
    let request = request(1, 40);
    let key = Key::new("user:anna", METHOD, &request.request_id).unwrap();
    let claim: Claim<_, contract::patron::loyalty::v1::Redemption> = idempotency::claim(
        world.db(),
        &Keeping::Clear,
        deadline(),
        key,
        &request,
        now(),
    )
    .await
    .unwrap();
    drop(claim);
    let fresh = world.redeem(&request).await;
    assert!(fresh.is_ok() && !is_replayed(&fresh));
}
