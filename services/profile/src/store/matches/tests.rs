//! Pairs as they are kept.

use jiff::Timestamp;
use postgres::testing::TestDatabase;
use seal::Keyring;
use uuid::Uuid;

use super::candidates::{FIRST, decide, due, lock, put, strangers, waiting};
use crate::domain::identity::candidate::{Candidate, Pair, State, Verdict};
use crate::domain::identity::matching::Kind;
use crate::domain::ids::CustomerId;
use crate::store::Keys;

fn id(id: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(id))
}

fn pair(newer: u128, score_permille: i32, versions: (i64, i64)) -> Candidate {
    Candidate {
        pair: Pair::of(id(newer), id(1)),
        versions,
        score_permille,
        evidence: vec![Kind::SameEmail, Kind::OtherGender],
        refusal: String::new(),
        state: State::Open,
        find_time: Timestamp::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_comparison_of_older_versions_overwrites_nothing_and_a_rejection_stays() {
    let database = TestDatabase::create(&crate::migrations()).await;
    let mut db = database.db().acquire().await.unwrap();
    let newest = pair(2, 700, (3, 2));
    put(&mut db, std::slice::from_ref(&newest)).await.unwrap();
    for late in [pair(2, 900, (2, 2)), pair(2, 900, (3, 1))] {
        put(&mut db, &[late]).await.unwrap();
        assert_eq!(
            lock(&mut db, newest.pair).await.unwrap(),
            Some(newest.clone())
        );
    }
    let next = pair(2, 800, (3, 3));
    put(&mut db, std::slice::from_ref(&next)).await.unwrap();
    assert_eq!(lock(&mut db, next.pair).await.unwrap(), Some(next.clone()));
    let verdict = Verdict {
        state: State::Rejected,
        actor: "ada".to_owned(),
        reason: "two".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    let keyring = Keyring::parse(&Keyring::generate("test").unwrap()).unwrap();
    let keys = Keys::of(&mut db, &keyring, &[id(1).0], Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    decide(&mut db, &keys, next.pair, &verdict).await.unwrap();
    put(&mut db, &[pair(2, 900, (9, 9))]).await.unwrap();
    let kept = lock(&mut db, next.pair).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.score_permille), (State::Rejected, 800));
    for (one, other) in [(1, 2), (2, 1)] {
        let strangers = strangers(&mut db, &[id(one).0]).await.unwrap();
        assert_eq!(strangers, [id(other)].into());
    }
}

#[tokio::test]
async fn what_is_merged_and_what_is_asked_about_are_the_two_halves_of_the_queue() {
    let database = TestDatabase::create(&crate::migrations()).await;
    let mut db = database.db().acquire().await.unwrap();
    let refused = Candidate {
        refusal: "SECOND_VALUE".to_owned(),
        ..pair(5, 950, (1, 1))
    };
    let closed = Candidate {
        state: State::Closed,
        ..pair(6, 950, (1, 1))
    };
    let all = [
        pair(2, 600, (1, 1)),
        pair(3, 599, (1, 1)),
        pair(4, 900, (1, 1)),
        refused,
        closed,
    ];
    put(&mut db, &all).await.unwrap();
    let newer = |found: Vec<Candidate>| -> Vec<_> {
        found.iter().map(|it| it.pair.newer.0.as_u128()).collect()
    };
    let asked = waiting(&mut db, (600, Some(900)), FIRST, 9).await.unwrap();
    assert_eq!(newer(asked), [5, 2]);
    assert_eq!(newer(due(&mut db, 900, FIRST, 9).await.unwrap()), [4]);
    let shown = waiting(&mut db, (600, None), FIRST, 1).await.unwrap();
    let after = shown[0].place();
    let rest = waiting(&mut db, (600, None), after, 9).await.unwrap();
    assert_eq!((newer(shown), newer(rest)), (vec![5], vec![4, 2]));
}
