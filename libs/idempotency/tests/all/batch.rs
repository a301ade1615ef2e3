//! Keys that are written together with their outcomes.

use contract::patron::loyalty::v1::{CreateRedemptionRequest, ErrorReason, Redemption};
use idempotency::Key;
use idempotency::batch::{self, Kept, Outcome, Request};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::world::{METHOD, World, is_replayed, now, request};

fn of(number: u128, points: i64) -> (CreateRedemptionRequest, Request) {
    let sent = request(number, points);
    let key = Key::new("user:anna", METHOD, &sent.request_id).unwrap();
    let request = Request::new(key, &sent);
    (sent, request)
}

fn spent(sent: &CreateRedemptionRequest) -> Outcome {
    Outcome::of(&Ok(sent.redemption.clone().unwrap())).unwrap()
}

fn refused() -> Outcome {
    let reason = ErrorReason::InsufficientPoints;
    let refusal = chassis::Refusal::new(Code::FailedPrecondition, reason, "not enough");
    Outcome::of::<Redemption>(&Err(refusal)).unwrap()
}

async fn keep(world: &World, outcomes: &[(&Request, &Outcome)]) -> bool {
    let mut tx = world.db().begin().await.unwrap();
    let all_new = batch::keep(&mut tx, outcomes, now()).await.unwrap();
    if all_new {
        tx.commit().await.unwrap();
    }
    all_new
}

#[tokio::test]
async fn what_a_batch_has_kept_answers_a_claim_and_the_other_way_round() {
    let world = World::with_funds(100).await;
    let (sent, one) = of(1, 40);
    let (_, two) = of(2, 40);
    let (bought, no) = (spent(&sent), refused());
    assert!(keep(&world, &[(&two, &no), (&one, &bought)]).await);

    let answer = world.redeem(&sent).await;
    assert!(is_replayed(&answer));
    assert_eq!(answer.unwrap().into_inner(), sent.redemption.unwrap());
    assert_eq!(
        world.redeem(&request(2, 40)).await.unwrap_err().code(),
        Code::FailedPrecondition
    );

    let claimed = world.redeem(&request(3, 40)).await.unwrap().into_inner();
    let (_, three) = of(3, 40);
    let mut connection = world.db().pool().acquire().await.unwrap();
    let found = batch::find(&mut connection, [&one, &three]).await.unwrap();
    let kept: &Kept = &found[three.key()];
    let answer = kept.answer::<CreateRedemptionRequest, Redemption>(&three);
    assert!(is_replayed(&answer));
    assert_eq!(answer.unwrap().into_inner(), claimed);
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn a_batch_with_a_request_that_was_there_before_is_not_for_committing() {
    let world = World::with_funds(100).await;
    let (_, one) = of(1, 40);
    let (_, two) = of(2, 40);
    let no = refused();
    assert!(keep(&world, &[(&one, &no)]).await);
    assert!(!keep(&world, &[(&one, &no), (&two, &no)]).await);
    assert_eq!(world.count("idempotency_keys").await, 1);
}

#[tokio::test]
async fn another_request_under_a_key_of_the_same_batch_is_told_which_field_differs() {
    let (sent, one) = of(1, 40);
    let (_, other) = of(1, 41);
    let kept = spent(&sent).kept(&one);
    let answer = kept.answer::<CreateRedemptionRequest, Redemption>(&other);
    let info = answer.unwrap_err().get_details_error_info().unwrap();
    assert_eq!(info.reason, "REQUEST_ID_CONFLICT");
    assert_eq!(info.metadata["field"], "redemption.points");
}

#[test]
fn what_may_pass_is_not_kept() {
    let refusal = chassis::Refusal::new(Code::Unavailable, ErrorReason::InsufficientPoints, "");
    assert_eq!(Outcome::of::<Redemption>(&Err(refusal)), None);
}
