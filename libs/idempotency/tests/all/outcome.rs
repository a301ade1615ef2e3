//! What is answered to a request that was answered before.

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use prost::Message as _;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::world::{World, is_replayed, request};

#[tokio::test]
async fn a_repeated_request_has_no_second_effect_and_the_same_bytes() {
    let world = World::with_funds(100).await;
    let first = world.redeem(&request(1, 40)).await;
    let again = world.redeem(&request(1, 40)).await;
    assert!(!is_replayed(&first) && is_replayed(&again));
    let (first, again) = (first.unwrap().into_inner(), again.unwrap().into_inner());
    assert_eq!(first.encode_to_vec(), again.encode_to_vec());
    assert_eq!(world.count("effect").await, 1);
}

#[tokio::test]
async fn a_refusal_stays_one_though_it_would_succeed_now_and_nothing_of_its_work_survives() {
    let world = World::with_funds(10).await;
    let first = world.redeem(&request(1, 40)).await;
    assert_eq!(world.count("effect").await, 0);
    world.set_funds(1_000).await;
    let again = world.redeem(&request(1, 40)).await;
    assert!(!is_replayed(&first) && is_replayed(&again));
    let (first, again) = (first.unwrap_err(), again.unwrap_err());
    assert_eq!(
        again.get_details_error_info().unwrap().reason,
        "INSUFFICIENT_POINTS"
    );
    assert_eq!(
        again.get_details_error_info().unwrap().metadata["available"],
        "10"
    );
    assert_eq!(
        (first.code(), first.details()),
        (again.code(), again.details())
    );
    assert_eq!(world.count("effect").await, 0);
    assert!(world.redeem(&request(2, 40)).await.is_ok());
}

#[tokio::test]
async fn another_request_under_the_same_id_is_refused_and_the_differing_field_named() {
    let world = World::with_funds(100).await;
    world.redeem(&request(1, 40)).await.unwrap();
    let conflict = world.redeem(&request(1, 41)).await.unwrap_err();
    assert_eq!(conflict.code(), Code::AlreadyExists);
    let info = conflict.get_details_error_info().unwrap();
    assert_eq!(info.reason, "REQUEST_ID_CONFLICT");
    assert_eq!(info.metadata["field"], "redemption.points");
    assert_eq!(world.count("effect").await, 1);
    assert!(
        is_replayed(&world.redeem(&request(1, 40)).await),
        "the first answer is still there"
    );
}

#[tokio::test]
async fn what_is_not_the_callers_fault_stores_nothing_and_the_next_try_is_a_fresh_one() {
    let world = World::with_funds(100).await;
    let internal = Refusal::internal(std::io::Error::other("broken"));
    let unavailable = Refusal::new(Code::Unavailable, ErrorReason::Unavailable, "down");
    let changed = Refusal::new(Code::Aborted, ErrorReason::EtagMismatch, "changed");
    for trouble in [internal, unavailable, changed] {
        let failed = world
            .call(&request(1, 40), Some(trouble.clone()))
            .await
            .unwrap_err();
        assert_eq!(failed.code(), trouble.code());
    }
    assert_eq!(world.count("effect").await, 0);
    assert_eq!(world.count("idempotency_keys").await, 0);
    let fresh = world.redeem(&request(1, 40)).await;
    assert!(fresh.is_ok() && !is_replayed(&fresh));
}

#[tokio::test]
async fn callers_and_methods_do_not_share_keys() {
    use idempotency::{Claim, Keeping, Key};

    let world = World::with_funds(100).await;
    let request = request(1, 40);
    world.redeem(&request).await.unwrap();
    for (caller, method) in [
        ("user:ben", crate::world::METHOD),
        ("user:anna", "another/Method"),
    ] {
        let key = Key::new(caller, method, &request.request_id).unwrap();
        let (deadline, now) = (crate::world::deadline(), crate::world::now());
        let claim: Claim<_, contract::patron::loyalty::v1::Redemption> =
            idempotency::claim(world.db(), &Keeping::Clear, deadline, key, &request, now)
                .await
                .unwrap();
        assert!(matches!(claim, Claim::Fresh(_)), "{caller} {method}");
    }
}
