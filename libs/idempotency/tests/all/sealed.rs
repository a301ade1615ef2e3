//! Answers that are kept under a key of the service.

use contract::patron::loyalty::v1::CreateRedemptionRequest;
use idempotency::Keeping;
use prost::Message as _;
use seal::Keyring;
use sha2::{Digest as _, Sha256};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::world::{World, is_replayed, request};

/// A keyring of these keys, the first in use.
fn keyring(texts: &[&str]) -> Keyring {
    let entries = |text: &str, kind: &str| {
        let head = format!("[[{kind}]]");
        let after = text.split(&head).nth(1).unwrap();
        format!("{head}{}", after.split("[[").next().unwrap())
    };
    let of = |kind| texts.iter().map(move |text| entries(text, kind));
    let all: String = of("master").chain(of("index")).collect();
    Keyring::parse(&all).unwrap()
}

fn new(id: &str) -> String {
    Keyring::generate(id).unwrap()
}

async fn sealed(funds: i64, keys: &[&str]) -> World {
    let mut world = World::with_funds(funds).await;
    world.keeping = Keeping::Sealed(keyring(keys));
    world
}

#[tokio::test]
async fn a_sealed_answer_comes_again_and_tells_the_database_only_ids() {
    let world = sealed(100, &[&new("one")]).await;
    let sent = request(1, 40);
    let first = world.redeem(&sent).await.unwrap().into_inner();
    let again = world.redeem(&sent).await;
    assert!(is_replayed(&again));
    let again = again.unwrap().into_inner();
    assert_eq!(first.encode_to_vec(), again.encode_to_vec());
    assert_eq!(world.count("effect").await, 1);

    let (reply, digest, named): (Vec<u8>, Vec<u8>, Vec<uuid::Uuid>) =
        sqlx::query_as("SELECT reply, request_digest, named FROM idempotency_keys")
            .fetch_one(world.test.owner_pool())
            .await
            .unwrap();
    let text = first.reference.as_bytes();
    assert!(!reply.windows(text.len()).any(|part| part == text));
    assert_eq!(named, [uuid::Uuid::from_u128(7)]);
    // Whoever guesses the request can't confirm it.
    assert_ne!(digest, Sha256::digest(sent.encode_to_vec()).to_vec());
}

#[tokio::test]
async fn another_request_is_told_the_field_that_differs_though_digests_are_sealed() {
    let world = sealed(10, &[&new("one")]).await;
    assert!(world.redeem(&request(1, 40)).await.is_err());
    let refused = world.redeem(&request(1, 40)).await;
    assert!(is_replayed(&refused));
    let conflict = world.redeem(&request(1, 41)).await.unwrap_err();
    let info = conflict.get_details_error_info().unwrap();
    assert_eq!(info.reason, "REQUEST_ID_CONFLICT");
    assert_eq!(info.metadata["field"], "redemption.points");
}

#[tokio::test]
async fn an_answer_opens_while_its_master_key_is_in_the_keyring_and_is_then_told_to_be_gone() {
    let (old, young) = (new("old"), new("young"));
    let mut world = sealed(100, &[&old]).await;
    let sent = request(1, 40);
    let first = world.redeem(&sent).await.unwrap().into_inner();

    world.keeping = Keeping::Sealed(keyring(&[&young, &old]));
    let again = world.redeem(&sent).await;
    assert!(is_replayed(&again));
    assert_eq!(again.unwrap().into_inner(), first);

    world.keeping = Keeping::Sealed(keyring(&[&young]));
    for sent in [request(1, 40), request(1, 41)] {
        let refused = world.redeem(&sent).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        let info = refused.get_details_error_info().unwrap();
        assert_eq!(info.reason, "ANSWER_UNREADABLE");
    }
    assert_eq!(world.count("effect").await, 1);
}

#[tokio::test]
async fn an_answer_that_was_moved_or_changed_is_an_error_and_never_anothers() {
    let world = sealed(100, &[&new("one")]).await;
    let asked: [CreateRedemptionRequest; 2] = [request(1, 40), request(2, 41)];
    for sent in &asked {
        world.redeem(sent).await.unwrap();
    }
    let swap =
        "UPDATE idempotency_keys AS one SET reply = other.reply FROM idempotency_keys AS other
                WHERE one.request_id <> other.request_id";
    let pool = world.test.owner_pool();
    sqlx::query(swap).execute(pool).await.unwrap();
    for sent in &asked {
        let refused = world.redeem(sent).await.unwrap_err();
        assert_eq!(refused.code(), Code::Internal);
    }
    assert_eq!(world.count("effect").await, 2);
}
