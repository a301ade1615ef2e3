//! A customer's key: never, live, tombstone; and nothing leads back.

use jiff::Timestamp;
use postgres::Migrations;
use postgres::testing::TestDatabase;
use seal::store::{
    KeyError, KeyState, Rewrapped, Tombstone, bury, dead_among, forget, provide, provide_all,
    rewrap, state, tombstones,
};
use seal::{Keyring, Place};
use sqlx::PgConnection;
use uuid::Uuid;

static MIGRATIONS: Migrations = Migrations::new("test", &[&seal::MIGRATIONS]);

const PLACE: Place<'static> = Place {
    table: "t",
    column: "c",
    row: Uuid::nil(),
    version: 1,
};

fn keyring(id: &str) -> (String, Keyring) {
    let text = Keyring::generate(id).unwrap();
    let keyring = Keyring::parse(&text).unwrap();
    (text, keyring)
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn tombstone(customer: u128) -> Tombstone {
    Tombstone {
        customer_id: Uuid::from_u128(customer),
        erasure_id: Uuid::from_u128(99),
        erased_at: now(),
    }
}

/// As in a file: the new master key first.
fn both(new: &str, old: &str) -> Keyring {
    let masters = new.split("[[index]]").next().unwrap();
    Keyring::parse(&format!("{masters}{old}")).unwrap()
}

async fn name(db: &mut PgConnection, keyring: &Keyring, id: Uuid) -> &'static str {
    match state(db, keyring, id).await.unwrap() {
        KeyState::Never => "never",
        KeyState::Live(_) => "live",
        KeyState::Tombstone(_) => "tombstone",
    }
}

#[tokio::test]
async fn a_key_is_made_once_destroyed_once_and_never_made_again() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    let mut db = database.db().pool().acquire().await.unwrap();
    let (_, ring) = keyring("one");
    let id = Uuid::from_u128(1);
    assert_eq!(name(&mut db, &ring, id).await, "never");
    let first = provide(&mut db, &ring, id, now()).await.unwrap();
    let sealed = first.seal(PLACE, b"text").unwrap();
    let again = provide(&mut db, &ring, id, now()).await.unwrap();
    assert_eq!(again.open(PLACE, &sealed).unwrap(), b"text");
    assert_eq!(name(&mut db, &ring, id).await, "live");

    // Somebody who never had a key is buried, too.
    assert_eq!(
        bury(&mut db, &[tombstone(2), tombstone(1)]).await.unwrap(),
        1
    );
    assert_eq!(bury(&mut db, &[tombstone(1)]).await.unwrap(), 0);
    for id in [1, 2].map(Uuid::from_u128) {
        assert_eq!(name(&mut db, &ring, id).await, "tombstone");
        let refused = provide(&mut db, &ring, id, now()).await;
        assert!(matches!(refused, Err(KeyError::Erased { customer_id }) if customer_id == id));
    }
    let ids = [1, 2, 3].map(Uuid::from_u128);
    assert_eq!(
        dead_among(&mut *db, &ids).await.unwrap(),
        ids[..2].iter().copied().collect()
    );
}

#[tokio::test]
async fn the_database_itself_lets_no_tombstone_be_taken_back() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    let mut db = database.db().pool().acquire().await.unwrap();
    bury(&mut db, &[tombstone(1)]).await.unwrap();
    for statement in [
        "DELETE FROM subject_keys",
        "UPDATE subject_keys SET erased_at = NULL, erasure_id = NULL, wrapped = 'x', master_id = 'm'",
        "UPDATE subject_keys SET customer_id = gen_random_uuid()",
    ] {
        let refused = sqlx::query(statement).execute(&mut *db).await.unwrap_err();
        assert!(
            refused.to_string().contains("can not be taken back"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn tombstones_bury_again_whom_a_restored_backup_has_brought_back() {
    let (before, after) = (
        TestDatabase::create(&MIGRATIONS).await,
        TestDatabase::create(&MIGRATIONS).await,
    );
    let (_, ring) = keyring("one");
    let mut lost = before.db().pool().acquire().await.unwrap();
    bury(&mut lost, &[tombstone(1), tombstone(2)])
        .await
        .unwrap();
    let kept = tombstones(&mut *lost, Uuid::nil(), 10).await.unwrap();
    assert_eq!(kept, [tombstone(1), tombstone(2)]);
    let rest = tombstones(&mut *lost, Uuid::from_u128(1), 10)
        .await
        .unwrap();
    assert_eq!(rest, [tombstone(2)]);

    // The backup is older: there the first still has a key.
    let mut restored = after.db().pool().acquire().await.unwrap();
    provide(&mut restored, &ring, Uuid::from_u128(1), now())
        .await
        .unwrap();
    assert_eq!(bury(&mut restored, &kept).await.unwrap(), 1);
    assert_eq!(
        name(&mut restored, &ring, Uuid::from_u128(1)).await,
        "tombstone"
    );
}

#[tokio::test]
async fn a_rotation_wraps_every_live_key_anew_and_what_was_sealed_still_opens() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    let mut db = database.db().pool().acquire().await.unwrap();
    let ((old_text, old), (new_text, new)) = (keyring("old"), keyring("new"));
    let mut sealed = Vec::new();
    for id in (1..=5).map(Uuid::from_u128) {
        let key = provide(&mut db, &old, id, now()).await.unwrap();
        sealed.push((id, key.seal(PLACE, id.as_bytes()).unwrap()));
    }
    bury(&mut db, &[tombstone(5)]).await.unwrap();

    let both = both(&new_text, &old_text);
    let (mut after, mut done) = (Uuid::nil(), Vec::new());
    while let Some(some) = rewrap(&mut db, &both, after, 3).await.unwrap() {
        after = some.last;
        done.push((some.done, some.unopened));
    }
    assert_eq!(done, [(3, Vec::new()), (1, Vec::new())]);
    let again = rewrap(&mut db, &both, Uuid::nil(), 3).await.unwrap();
    assert_eq!(again, None);
    for (id, sealed) in &sealed[..4] {
        let KeyState::Live(key) = state(&mut db, &new, *id).await.unwrap() else {
            panic!("the new key alone is enough")
        };
        assert_eq!(key.open(PLACE, sealed).unwrap(), id.as_bytes());
    }
    assert_eq!(name(&mut db, &new, Uuid::from_u128(5)).await, "tombstone");
}

#[tokio::test]
async fn a_key_that_does_not_open_and_one_that_another_holds_keep_none_behind_them_from_a_rotation()
{
    let database = TestDatabase::create(&MIGRATIONS).await;
    let mut db = database.db().pool().acquire().await.unwrap();
    let ((old_text, old), (new_text, _)) = (keyring("old"), keyring("new"));
    let (_, lost) = keyring("lost");
    for id in [1, 2, 4].map(Uuid::from_u128) {
        provide(&mut db, &old, id, now()).await.unwrap();
    }
    let unopened = Uuid::from_u128(3);
    provide(&mut db, &lost, unopened, now()).await.unwrap();
    let mut other = database.db().begin().await.unwrap();
    let held = sqlx::query("SELECT FROM subject_keys WHERE customer_id = $1 FOR UPDATE");
    let held = held.bind(Uuid::from_u128(1)).execute(&mut *other).await;
    assert_eq!(held.unwrap().rows_affected(), 1);

    let both = both(&new_text, &old_text);
    let some = rewrap(&mut db, &both, Uuid::nil(), 10).await.unwrap();
    let expected = Rewrapped {
        last: Uuid::from_u128(4),
        done: 2,
        unopened: vec![unopened],
    };
    assert_eq!(some, Some(expected));
    other.rollback().await.unwrap();
    let some = rewrap(&mut db, &both, Uuid::nil(), 10).await.unwrap();
    let some = some.unwrap();
    assert_eq!((some.done, some.unopened), (1, vec![unopened]));
}

#[tokio::test]
async fn keys_of_many_are_those_that_they_have_or_new_ones_but_none_over_a_tombstone() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    let mut db = database.db().pool().acquire().await.unwrap();
    let (_, ring) = keyring("one");
    let ids: Vec<_> = (1..=4).map(Uuid::from_u128).collect();
    let first = provide(&mut db, &ring, ids[1], now()).await.unwrap();
    let sealed = first.seal(PLACE, b"text").unwrap();
    let twice = [ids.clone(), ids.clone()].concat();
    let keys = provide_all(&mut db, &ring, &twice, now()).await.unwrap();
    assert_eq!(keys.len(), 4);
    assert_eq!(keys[&ids[1]].open(PLACE, &sealed).unwrap(), b"text");
    for id in &ids {
        assert_eq!(name(&mut db, &ring, *id).await, "live");
    }

    bury(&mut db, &[tombstone(3)]).await.unwrap();
    let refused = provide_all(&mut db, &ring, &ids, now()).await;
    assert!(matches!(refused, Err(KeyError::Erased { customer_id }) if customer_id == ids[2]));
    forget(&mut db, &ids).await.unwrap();
    assert_eq!(name(&mut db, &ring, ids[0]).await, "never");
    assert_eq!(name(&mut db, &ring, ids[2]).await, "tombstone");
}
