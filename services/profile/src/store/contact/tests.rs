//! What is read to decide gives the same states as everything that was said.

use jiff::{SignedDuration, Timestamp};
use postgres::testing::TestDatabase;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::statements::{Recorded, insert, list, newest};
use crate::domain::contact::consent::{Kind, Said, Statement};
use crate::domain::contact::topic::{Channel, Purpose, StatementId, Topic};
use crate::domain::ids::CustomerId;
use crate::store::Keys;

const HISTORIES: u128 = 150;

/// A statement by numbers: of two people, about two topics, on one of ten days.
#[derive(Clone, Debug)]
struct Draft {
    home: usize,
    covers_both: bool,
    channel: &'static str,
    kind: u8,
    day: i64,
    ends: Option<i64>,
    hand: Option<u8>,
}

fn draft() -> impl Strategy<Value = Draft> {
    let place = (
        0_usize..2,
        any::<bool>(),
        prop_oneof![Just("sms"), Just("email")],
    );
    let rest = (
        0_u8..4,
        0_i64..10,
        proptest::option::of(1_i64..6),
        proptest::option::of(0_u8..2),
    );
    (place, rest).prop_map(
        |((home, covers_both, channel), (kind, day, ends, hand))| Draft {
            home,
            covers_both,
            channel,
            kind,
            day,
            ends,
            hand,
        },
    )
}

fn day(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

fn topic(channel: &str) -> Topic {
    Topic {
        purpose: Purpose("marketing".to_owned()),
        channel: Channel(channel.to_owned()),
    }
}

fn recorded(draft: &Draft, people: [CustomerId; 2], id: Uuid) -> Recorded {
    let home = people[draft.home];
    let ends = |days| day(draft.day) + SignedDuration::from_hours(24 * days);
    let kind = match draft.kind {
        0 => Kind::Granted,
        1 => Kind::Requested {
            confirm_by: ends(2),
        },
        2 => Kind::Confirmed {
            request: StatementId(id),
        },
        _ => Kind::Withdrawn,
    };
    let statement = Statement {
        id: StatementId(id),
        home,
        covers: if draft.covers_both {
            people.to_vec()
        } else {
            vec![home]
        },
        topic: topic(draft.channel),
        kind,
        decided: day(draft.day),
        until: draft.ends.map(ends),
        proved_by: draft.hand.map(|hand| [hand; 32]),
        notice: String::new(),
        source: "web".to_owned(),
    };
    Recorded {
        statement,
        evidence: String::new(),
        recorded_by: "user:anna".to_owned(),
        record_time: day(draft.day),
    }
}

async fn compare(connection: &mut PgConnection, keyring: &Keyring, ids: &[CustomerId]) {
    let all = list(connection, keyring, ids, Uuid::max(), 100).await;
    let all = all.unwrap();
    let all = Said {
        ids: ids.to_vec(),
        statements: all.into_iter().map(|it| it.statement).collect(),
    };
    let read = newest(connection, ids, None).await.unwrap();
    for channel in ["sms", "email"] {
        let topic = topic(channel);
        let alone = newest(connection, ids, Some(&topic)).await.unwrap();
        for at in (0..18).map(day) {
            let told = |said: &Said| {
                let standing = said.standing(&topic, at);
                (standing.state, standing.by.map(|it| it.id))
            };
            assert_eq!(told(&read), told(&all), "{all:?}");
            assert_eq!(told(&alone), told(&all), "{all:?}");
        }
    }
}

#[tokio::test]
async fn what_is_read_to_decide_gives_the_states_of_all_that_was_said() {
    let database = TestDatabase::create(&crate::migrations()).await;
    let mut connection = database.db().pool().acquire().await.unwrap();
    let keyring = Keyring::parse(&Keyring::generate("test").unwrap()).unwrap();
    let mut runner = TestRunner::deterministic();
    for nth in 0..HISTORIES {
        let people = [2 * nth, 2 * nth + 1].map(|id| CustomerId(Uuid::from_u128(id)));
        let named = people.map(|id| id.0);
        let keys = Keys::of(&mut connection, &keyring, &named, Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        let drafts = proptest::collection::vec(draft(), 0..14);
        let drafts = drafts.new_tree(&mut runner).unwrap().current();
        for (id, draft) in (1000 * nth..).zip(&drafts) {
            let recorded = recorded(draft, people, Uuid::from_u128(id));
            insert(&mut connection, &keys, &recorded).await.unwrap();
        }
        for ids in [&people[..1], &people[1..], &people[..]] {
            compare(&mut connection, &keyring, ids).await;
        }
    }
}
