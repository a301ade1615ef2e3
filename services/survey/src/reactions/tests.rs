use bytes::Bytes;
use contract::patron::complaints::v1::CaseClosed;
use contract::patron::events::v1::{Event, Position};
use contract::patron::profile::v1::{
    CustomerCreated, Order, OrderRecorded, ProcessingRestricted, ProcessingUnrestricted,
    ProfilesMerged,
};
use contract::patron::survey::v1::Invitation;
use prost::{Message, Name};
use prost_types::Timestamp;
use uuid::Uuid;

use super::*;
use crate::testing::Bench;

const OCCURRED: Timestamp = Timestamp {
    seconds: 1_741_339_800,
    nanos: 0,
};

fn event<P: Message + Name>(bench: &Bench, payload: &P, customer: Option<Uuid>) -> Incoming {
    Incoming::new(Event {
        event_id: bench.new_id(),
        source: "elsewhere".to_owned(),
        r#type: P::full_name(),
        subject_id: bench.new_id(),
        subject_version: 1,
        customer_id: customer
            .map(|customer| customer.to_string())
            .unwrap_or_default(),
        occur_time: Some(OCCURRED),
        schema_version: 1,
        data: Bytes::from(payload.encode_to_vec()),
        position: Some(Position {
            transaction_id: 1,
            sequence: 1,
        }),
        ..Event::default()
    })
    .unwrap()
}

async fn receive(
    bench: &Bench,
    reaction: impl Handler,
    event: &Incoming,
) -> Result<(), HandlerError> {
    let mut tx = bench.app.db.begin().await.unwrap();
    let handled = reaction.handle(&mut tx, event).await;
    tx.commit().await.unwrap();
    handled
}

fn bought(bench: &Bench, customer: Uuid, order_id: &str) -> Incoming {
    let order = Order {
        order_id: order_id.to_owned(),
        ..Order::default()
    };
    event(bench, &OrderRecorded { order: Some(order) }, Some(customer))
}

async fn buy(bench: &Bench, customer: Uuid, order_id: &str) -> Result<(), HandlerError> {
    let event = bought(bench, customer, order_id);
    receive(bench, ToProfile(bench.app.clone()), &event).await
}

fn created(bench: &Bench, customer: Uuid) -> Incoming {
    let created = CustomerCreated {
        customer_id: customer.to_string(),
        ..Default::default()
    };
    event(bench, &created, Some(customer))
}

async fn close(bench: &Bench, customer: Uuid, case_id: &str, resolution_number: i32) {
    let closed = CaseClosed {
        case_id: case_id.to_owned(),
        resolution_number,
        ..Default::default()
    };
    let event = event(bench, &closed, Some(customer));
    receive(bench, ToComplaints(bench.app.clone()), &event)
        .await
        .unwrap();
}

async fn asked(bench: &Bench, customer: Uuid) -> Vec<Invitation> {
    let mut invitations = bench.invitations_of(customer).await;
    invitations.reverse();
    invitations
}

#[tokio::test]
async fn whoever_buys_is_asked_once_for_each_order_however_often_it_is_told() {
    let bench = Bench::new().await;
    let customer = bench.clock.new_id();
    for order_id in ["A-1", "A-1", "A-2"] {
        buy(&bench, customer, order_id).await.unwrap();
    }
    let asked = asked(&bench, customer).await;
    let orders: Vec<_> = asked
        .iter()
        .map(|invitation| {
            (
                &*invitation.questionnaire_id,
                &*invitation.trigger.as_ref().unwrap().reference,
            )
        })
        .collect();
    assert_eq!(orders, [("nps-order", "A-1"), ("nps-order", "A-2")]);
    let trigger = asked[0].trigger.clone().unwrap();
    assert_eq!(trigger.event_type, "patron.profile.v1.OrderRecorded");
    assert_eq!(trigger.occur_time, Some(OCCURRED));
    assert_eq!(bench.announced().await.len(), 2);
}

#[tokio::test]
async fn many_orders_at_once_ask_as_one_after_the_other_would() {
    let bench = Bench::new().await;
    let (ann, bob) = (bench.clock.new_id(), bench.clock.new_id());
    buy(&bench, ann, "A-1").await.unwrap();
    let events = [
        bought(&bench, ann, "A-1"),
        bought(&bench, bob, "B-1"),
        created(&bench, bob),
        bought(&bench, bob, "B-1"),
        bought(&bench, ann, "A-2"),
    ];
    let mut tx = bench.app.db.begin().await.unwrap();
    let events: Vec<&Incoming> = events.iter().collect();
    let reaction = ToProfile(bench.app.clone());
    reaction.handle_all(&mut tx, &events).await.unwrap();
    tx.commit().await.unwrap();
    for (customer, wanted) in [(ann, vec!["A-1", "A-2"]), (bob, vec!["B-1"])] {
        let asked = asked(&bench, customer).await;
        let orders = asked
            .iter()
            .map(|asked| &*asked.trigger.as_ref().unwrap().reference);
        assert_eq!(orders.collect::<Vec<_>>(), wanted);
    }
    assert_eq!(bench.announced().await.len(), 3);
}

#[tokio::test]
async fn a_case_is_rated_once_for_each_resolution() {
    let bench = Bench::new().await;
    let (customer, case_id) = (bench.clock.new_id(), bench.new_id());
    for resolution_number in [1, 1, 2] {
        close(&bench, customer, &case_id, resolution_number).await;
    }
    let asked = asked(&bench, customer).await;
    assert_eq!(asked.len(), 2);
    for invitation in asked {
        assert_eq!(invitation.questionnaire_id, "csat-case");
        assert_eq!(invitation.trigger.unwrap().reference, case_id);
    }
}

#[tokio::test]
async fn other_events_ask_nobody() {
    let bench = Bench::new().await;
    let customer = bench.clock.new_id();
    let event = created(&bench, customer);
    receive(&bench, ToProfile(bench.app.clone()), &event)
        .await
        .unwrap();
    receive(&bench, ToComplaints(bench.app.clone()), &event)
        .await
        .unwrap();
    assert!(asked(&bench, customer).await.is_empty());
}

#[tokio::test]
async fn an_event_without_its_customer_is_an_error_that_names_the_field() {
    let bench = Bench::new().await;
    let recorded = OrderRecorded {
        order: Some(Order::default()),
    };
    let event = event(&bench, &recorded, None);
    let error = receive(&bench, ToProfile(bench.app.clone()), &event)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the event has no customer_id");
}

#[tokio::test]
async fn nobody_is_asked_whose_processing_is_restricted_under_whichever_id() {
    let bench = Bench::new().await;
    let (restricted, joined) = (bench.clock.new_id(), bench.clock.new_id());
    let customer_id = restricted.to_string();
    let hear = async |event: &Incoming| {
        receive(&bench, ToProfile(bench.app.clone()), event)
            .await
            .unwrap();
    };
    let merged = ProfilesMerged {
        customer_id: joined.to_string(),
        merged_customer_ids: vec![customer_id.clone()],
        revision: 1,
        ..ProfilesMerged::default()
    };
    hear(&event(&bench, &merged, Some(joined))).await;
    let from = ProcessingRestricted {
        customer_id: customer_id.clone(),
        ..ProcessingRestricted::default()
    };
    hear(&event(&bench, &from, Some(restricted))).await;
    for customer in [restricted, joined] {
        buy(&bench, customer, "A-1").await.unwrap();
        close(&bench, customer, "C-1", 1).await;
        assert!(asked(&bench, customer).await.is_empty());
    }
    let until = ProcessingUnrestricted {
        customer_id,
        ..ProcessingUnrestricted::default()
    };
    hear(&event(&bench, &until, Some(restricted))).await;
    buy(&bench, joined, "A-2").await.unwrap();
    assert_eq!(asked(&bench, joined).await.len(), 1);
}
