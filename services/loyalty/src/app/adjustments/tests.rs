//! What becomes of corrections that nobody decides on.

use ::contract::patron::loyalty::v1 as contract;
use jiff::SignedDuration;
use prost::Name as _;
use uuid::Uuid;

use super::decide::turn;
use super::{create, one};
use crate::app::desk::Desk;
use crate::domain::adjustments::CorrectionState;

/// A correction of so many points that is asked for.
async fn ask(desk: &Desk, customer_id: Uuid, points: i64) -> Uuid {
    let request = contract::CreateAdjustmentRequest {
        adjustment: Some(contract::Adjustment {
            customer_id: customer_id.to_string(),
            points,
            reason_code: "goodwill".to_owned(),
            reason: "a parcel came late".to_owned(),
            reference: "case-1".to_owned(),
            ..contract::Adjustment::default()
        }),
        request_id: desk.request_id(),
        validate_only: false,
    };
    let asked = create(&desk.loyalty, &Desk::call("ann"), request).await;
    asked.unwrap().into_inner().adjustment_id.parse().unwrap()
}

async fn told(desk: &Desk, customer_id: Uuid) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM outbox WHERE subject_id = $1 AND type = $2")
        .bind(customer_id)
        .bind(contract::AdjustmentLapsed::full_name())
        .fetch_one(desk.loyalty.db.pool())
        .await
        .unwrap()
}

async fn desk() -> Desk {
    Desk::with(|document| {
        document.adjustments = Some(contract::AdjustmentPolicy {
            approval_from: 100,
            maximum: 1_000,
            decision_hours: 48,
        });
    })
    .await
}

#[tokio::test]
async fn a_correction_that_can_not_lapse_keeps_no_other_one_waiting() {
    let desk = desk().await;
    let (broken, other) = (desk.member(&[]).await, desk.member(&[]).await);
    let stuck = ask(&desk, broken, 100).await;
    desk.loyalty.clock.advance(SignedDuration::from_hours(1));
    ask(&desk, other, 100).await;
    desk.arrange(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN RAISE ''a fault of this row''; END';
         CREATE TRIGGER refused BEFORE UPDATE ON adjustments FOR EACH ROW
             WHEN (NEW.adjustment_id = '{stuck}') EXECUTE FUNCTION refuse()"
    ))
    .await;
    desk.loyalty.clock.advance(SignedDuration::from_hours(48));
    turn(&desk.loyalty).await.unwrap();
    assert_eq!(
        (told(&desk, broken).await, told(&desk, other).await),
        (0, 1)
    );
    desk.arrange("DROP TRIGGER refused ON adjustments").await;
    turn(&desk.loyalty).await.unwrap();
    assert_eq!(told(&desk, broken).await, 1);
}

#[tokio::test]
async fn what_nobody_decides_on_in_time_lapses_once_and_what_was_decided_on_does_not() {
    let desk = desk().await;
    let customer_id = desk.member(&[]).await;
    let made = ask(&desk, customer_id, 99).await;
    let waiting = ask(&desk, customer_id, 100).await;
    turn(&desk.loyalty).await.unwrap();
    assert_eq!(told(&desk, customer_id).await, 0, "there is time yet");
    desk.loyalty.clock.advance(SignedDuration::from_hours(48));
    for _ in 0..2 {
        turn(&desk.loyalty).await.unwrap();
        assert_eq!(told(&desk, customer_id).await, 1);
    }
    let state = async |id| one(&desk.loyalty, customer_id, id).await.unwrap().state;
    assert_eq!(state(waiting).await, CorrectionState::Lapsed);
    assert_eq!(state(made).await, CorrectionState::Applied);
    assert_eq!(desk.available(customer_id).await, 99);
    assert_eq!(desk.differences().await, Vec::<String>::new());
}
