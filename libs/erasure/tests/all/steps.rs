//! What is removed, and when.

use contract::patron::events::v1::PersonErased;
use prost::Message as _;

use crate::world::{World, asked, id, now};

#[tokio::test]
async fn what_was_announced_parked_and_answered_about_a_person_goes_and_others_keep_theirs() {
    let world = World::new().await;
    for customer in [10, 20] {
        world.announce(customer).await;
        world.park(customer).await;
    }
    // By the person's id, by the id of a thing of the person, of somebody else.
    for (request, named) in [(1, 10), (2, 11), (3, 20)] {
        world.keep(request, named).await;
    }
    for (request, named) in [(4, 10), (5, 20)] {
        world.keep_sealed(request, named).await;
    }
    world.ask(&asked(10, 1)).await;
    world.finish().await;

    assert_eq!(
        world
            .count("outbox WHERE type = 'patron.events.v1.Erased' AND payload = ''")
            .await,
        1
    );
    assert_eq!(
        world
            .count("outbox WHERE type LIKE '%CustomerCreated' AND payload <> ''")
            .await,
        1
    );
    assert_eq!(world.count("dead_letters").await, 1);
    assert_eq!(
        world
            .count("idempotency_keys WHERE reply IS NULL AND named IS NULL AND refusal IS NOT NULL")
            .await,
        3
    );
    assert_eq!(
        world
            .count("idempotency_keys WHERE reply IS NOT NULL")
            .await,
        2
    );
    let stores = told(&world).await;
    let expected = [
        ("dead_letters", 1),
        ("idempotency_keys", 3),
        ("outbox", 1),
        ("things", 1),
    ];
    assert_eq!(stores, expected.map(|(name, rows)| (name.to_owned(), rows)));
}

/// What the service has told last.
async fn told(world: &World) -> Vec<(String, i64)> {
    let payload: Vec<u8> = sqlx::query_scalar(
        "SELECT payload FROM outbox WHERE type = 'patron.events.v1.PersonErased'
         ORDER BY subject_version DESC LIMIT 1",
    )
    .fetch_one(world.database.owner_pool())
    .await
    .unwrap();
    let told = PersonErased::decode(payload.as_slice()).unwrap();
    assert_eq!(
        (told.erasure_id, told.service.as_str()),
        (id(99).to_string(), "test")
    );
    told.stores
        .into_iter()
        .map(|it| (it.store, it.rows))
        .collect()
}

#[tokio::test]
async fn nothing_is_removed_before_everybody_is_done_who_may_not_have_seen_the_tombstone() {
    let world = World::new().await;
    // Has written something, so it may have looked already; what it writes next is found all the same.
    let mut early = world.database.db().begin().await.unwrap();
    sqlx::query("INSERT INTO consumer_subjects VALUES (gen_random_uuid(), 'x', 1)")
        .execute(&mut *early)
        .await
        .unwrap();
    world.ask(&asked(10, 1)).await;
    world.work().await;
    assert_eq!(world.count("erasure_tasks WHERE mentions IS NULL").await, 1);

    let parked =
        "INSERT INTO dead_letters (parking_key, source, shard, event_id, event, failed, reason,
        attempts, parked_at) VALUES ($1, 'profile', 1, gen_random_uuid(), '', true, '', 3, now())";
    sqlx::query(parked)
        .bind(id(10))
        .execute(&mut *early)
        .await
        .unwrap();
    early.commit().await.unwrap();
    world.finish().await;
    assert_eq!(world.count("dead_letters").await, 0);
    assert_eq!(
        world
            .count("erasure_tasks WHERE confirmed_at IS NOT NULL")
            .await,
        1
    );
}

#[tokio::test]
async fn asked_another_time_all_is_looked_through_again_and_the_same_time_changes_nothing() {
    let world = World::new().await;
    world.ask(&asked(10, 1)).await;
    world.finish().await;
    // As a restored backup would bring it back.
    world.announce(10).await;
    world.ask(&asked(10, 1)).await;
    world.finish().await;
    assert_eq!(
        world
            .count("outbox WHERE payload <> '' AND customer_id IS NOT NULL")
            .await,
        1
    );
    world.ask(&asked(10, 2)).await;
    world.finish().await;
    assert_eq!(
        world
            .count("outbox WHERE payload <> '' AND customer_id IS NOT NULL")
            .await,
        0
    );
    assert_eq!(
        told(&world)
            .await
            .iter()
            .find(|(name, _)| name == "outbox")
            .unwrap()
            .1,
        1
    );
}

#[tokio::test]
async fn answers_are_looked_through_to_the_last_in_transactions_of_some_thousand() {
    let world = World::new().await;
    world
        .run(&format!(
            "INSERT INTO idempotency_keys (request_id, caller, method, request_digest, field_digests,
                 created_at, reply)
             SELECT gen_random_uuid(), 'somebody', 'a.Service/Method', sha256('x'), '', '{}',
                 convert_to('about {}', 'UTF8')
             FROM generate_series(1, 4500)",
            now(),
            id(10)
        ))
        .await;
    world.ask(&asked(10, 1)).await;
    world.finish().await;
    assert_eq!(
        world
            .count("idempotency_keys WHERE reply IS NOT NULL")
            .await,
        0
    );
}
