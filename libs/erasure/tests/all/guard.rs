//! Consumers hear nothing of people who are erased.

use std::sync::Mutex;

use async_trait::async_trait;
use contract::patron::events::v1::{Event, Position};
use contract::patron::profile::v1::{CustomerCreated, ErasureRequested};
use contract::time::timestamp;
use erasure::{Guarded, admit};
use events::{Handler, HandlerError, Incoming};
use prost::{Message, Name};
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::world::{World, asked, id, now};

/// Remembers whom it hears of.
#[derive(Default)]
struct Heard(Mutex<Vec<Option<Uuid>>>);

#[async_trait]
impl Handler for Heard {
    async fn handle(
        &self,
        _: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.0.lock().unwrap().push(event.customer_id());
        Ok(())
    }
}

fn event<P: Message + Name>(customer: Option<u128>, payload: &P) -> Incoming {
    let wire = Event {
        event_id: Uuid::from_u128(7).to_string(),
        source: "profile".to_owned(),
        r#type: P::full_name(),
        subject_id: id(customer.unwrap_or(99)).to_string(),
        subject_version: 1,
        customer_id: customer.map(|it| id(it).to_string()).unwrap_or_default(),
        occur_time: Some(timestamp(now())),
        data: payload.encode_to_vec().into(),
        position: Some(Position::default()),
        ..Event::default()
    };
    Incoming::new(wire).unwrap()
}

fn about(customer: u128) -> Incoming {
    event(Some(customer), &CustomerCreated::default())
}

#[tokio::test]
async fn events_about_the_erased_are_passed_over_from_the_request_on() {
    let world = World::new().await;
    let request = ErasureRequested {
        erasure_id: id(99).to_string(),
        customer_ids: vec![id(10).to_string()],
        round: 1,
    };
    let request = event(None, &request);
    let guarded = Guarded(Heard::default());
    let mut tx = world.database.db().begin().await.unwrap();
    let (anna, bob) = (about(10), about(20));
    guarded.handle_all(&mut tx, &[&anna, &bob]).await.unwrap();
    // Also what stands before it in the same batch: it would have to be removed again.
    guarded
        .handle_all(&mut tx, &[&anna, &request, &bob])
        .await
        .unwrap();
    guarded.handle(&mut tx, &anna).await.unwrap();
    tx.commit().await.unwrap();
    let heard = guarded.0.0.into_inner().unwrap();
    let of = |customer| Some(id(customer));
    assert_eq!(heard, [of(10), of(20), None, of(20)]);
    assert_eq!(world.count("erasure_tasks").await, 1);
}

#[tokio::test]
async fn a_call_about_the_erased_is_refused_by_name() {
    let world = World::new().await;
    world.ask(&asked(10, 1)).await;
    let mut tx = world.database.db().begin().await.unwrap();
    let refused = admit(&mut tx, id(10)).await.unwrap().unwrap_err();
    assert_eq!(refused.reason(), "CUSTOMER_ERASED");
    assert!(admit(&mut tx, id(20)).await.unwrap().is_ok());
}
