//! An event that can't be applied holds up its own customer only.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chassis::Clock;
use chassis::paging::PageTokens;
use contract::patron::events::v1::event_admin_service_server::EventAdminService as _;
use contract::patron::events::v1::{
    ListDeadLettersRequest, ListDeadLettersResponse, ReplayDeadLettersRequest,
    ReplayDeadLettersResponse, SkipDeadLetterRequest,
};
use events::AdminServer;
use tonic::{Code, Request, Status};

use crate::effects::{Effects, OUTAGE, OUTAGE_CALLS, PANIC, Troubled};
use crate::world::{Announcer, Applying, Task, event, id, until};

const POISON: i64 = 13;

struct Scene {
    announcer: Announcer,
    applying: Applying,
    effects: Effects,
    admin: AdminServer,
    _consumer: Task,
}

/// Customer 1 has a poisoned event among others; customer 2 has none.
async fn scene() -> Scene {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let effects = Effects::poisoned_by(POISON);
    let consumer = applying.consumer(announcer.feed(), effects.clone());
    let (db, tokens) = (applying.db().clone(), PageTokens::new(b"secret"));
    let admin = AdminServer::new("loyalty", db, Clock::system(), tokens, [consumer.clone()]);
    let consumer = Task::start(consumer);
    let both = [
        event(1, 1),
        event(1, POISON),
        event(2, 5),
        event(1, 2),
        event(2, 6),
        event(1, 3),
    ];
    announcer.announce(&both).await;
    applying.until_amounts(2, &[5, 6]).await;
    until("three events are parked", || async {
        letters(&applying).await == 3
    })
    .await;
    Scene {
        announcer,
        applying,
        effects,
        admin,
        _consumer: consumer,
    }
}

async fn letters(applying: &Applying) -> i64 {
    applying
        .number("SELECT count(*) FROM dead_letters WHERE given_up_at IS NULL")
        .await
}

impl Scene {
    async fn list(&self, page_size: i32, page_token: &str) -> ListDeadLettersResponse {
        let request = ListDeadLettersRequest {
            service: "loyalty".to_owned(),
            page_size,
            page_token: page_token.to_owned(),
            parking_key: String::new(),
        };
        self.admin
            .list_dead_letters(Request::new(request))
            .await
            .unwrap()
            .into_inner()
    }

    async fn replay(&self) -> Result<ReplayDeadLettersResponse, Status> {
        let request = ReplayDeadLettersRequest {
            service: "loyalty".to_owned(),
            parking_key: id(1).to_string(),
        };
        let response = self
            .admin
            .replay_dead_letters(Request::new(request))
            .await?;
        Ok(response.into_inner())
    }

    async fn skip(&self, event_id: &str) -> Result<u32, Status> {
        let mut request = Request::new(SkipDeadLetterRequest {
            service: String::new(),
            event_id: event_id.to_owned(),
            reason: "broken at its origin".to_owned(),
        });
        request
            .extensions_mut()
            .insert(Arc::new(access::Caller::service("test")));
        Ok(self
            .admin
            .skip_dead_letter(request)
            .await?
            .into_inner()
            .remaining_count)
    }
}

#[tokio::test]
async fn a_poisoned_event_parks_its_customer_and_others_go_on() {
    let scene = scene().await;
    assert_eq!(
        scene.applying.amounts(1).await,
        [1],
        "nothing of the failed attempts survives"
    );
    scene.announcer.announce(&[event(1, 4), event(2, 7)]).await;
    scene.applying.until_amounts(2, &[5, 6, 7]).await;

    let first = scene.list(3, "").await;
    let second = scene.list(3, &first.next_page_token).await;
    assert_eq!(
        (first.dead_letters.len(), second.dead_letters.len()),
        (3, 1)
    );
    assert!(second.next_page_token.is_empty());
    let [failed, waiting, _] = first.dead_letters.as_slice() else {
        panic!("three letters")
    };
    assert!(failed.failed && failed.attempts == 2, "{failed:?}");
    assert_eq!(failed.reason, "the amount 13 can't be digested");
    assert_eq!(failed.parking_key, id(1).to_string());
    assert!(!waiting.failed);
    assert_eq!(waiting.reason, failed.event.as_ref().unwrap().event_id);
}

#[tokio::test]
async fn a_replay_stops_at_the_first_failure_and_after_the_repair_applies_all_in_order() {
    let scene = scene().await;
    let in_vain = scene.replay().await.unwrap();
    assert_eq!((in_vain.applied_count, in_vain.remaining_count), (0, 3));
    assert_eq!(in_vain.failure, "the amount 13 can't be digested");
    assert_eq!(scene.applying.amounts(1).await, [1]);

    scene.effects.cure();
    let repaired = scene.replay().await.unwrap();
    assert_eq!((repaired.applied_count, repaired.remaining_count), (3, 0));
    assert!(repaired.failure.is_empty());
    assert_eq!(scene.applying.amounts(1).await, [1, POISON, 2, 3]);

    scene.announcer.announce(&[event(1, 4)]).await;
    scene.applying.until_amounts(1, &[1, POISON, 2, 3, 4]).await;
    let nothing_left = scene.replay().await.unwrap_err();
    assert_eq!(nothing_left.code(), Code::NotFound);
}

#[tokio::test]
async fn only_the_oldest_event_of_a_customer_can_be_given_up_and_the_record_stays() {
    let scene = scene().await;
    let letters = scene.list(0, "").await.dead_letters;
    let ids: Vec<_> = letters
        .into_iter()
        .map(|letter| letter.event.unwrap().event_id)
        .collect();
    assert_eq!(
        scene.skip(&ids[1]).await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(scene.skip(&ids[0]).await.unwrap(), 2);
    assert_eq!(
        scene.skip(&ids[0]).await.unwrap_err().code(),
        Code::NotFound
    );
    let replayed = scene.replay().await.unwrap();
    assert_eq!((replayed.applied_count, replayed.remaining_count), (2, 0));
    assert_eq!(scene.applying.amounts(1).await, [1, 2, 3]);
    let record = "SELECT count(*) FROM dead_letters WHERE given_up_by = 'service:test'
        AND given_up_reason = 'broken at its origin' AND event = ''";
    assert_eq!(scene.applying.number(record).await, 1);
}

#[tokio::test]
async fn a_handler_that_panics_parks_the_event_and_goes_on() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let _consumer = applying.start(announcer.feed(), Troubled::default());
    announcer.announce(&[event(1, PANIC), event(2, 5)]).await;
    applying.until_amounts(2, &[5]).await;
    assert_eq!(letters(&applying).await, 1);
}

#[tokio::test]
async fn an_outage_parks_nothing_however_long_it_lasts() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let troubled = Troubled::default();
    let _consumer = applying.start(announcer.feed(), troubled.clone());
    announcer.announce(&[event(1, OUTAGE), event(1, 5)]).await;
    applying.until_amounts(1, &[OUTAGE, 5]).await;
    assert!(troubled.calls.load(Ordering::SeqCst) > OUTAGE_CALLS);
    assert_eq!(letters(&applying).await, 0);
}
