//! Old invitations go with what was answered, and scores stay what they were.

use contract::patron::privacy::v1 as privacy;
use contract::patron::survey::v1 as api;
use contract::time::timestamp;
use jiff::SignedDuration;
use privacy::removal_service_server::RemovalService as _;
use retention::RemovalServer;
use tonic::{Code, Request};

use crate::all::answers::{answering, invited, rating, text};
use crate::all::support::Bench;

async fn answer(bench: &Bench, invitation: &api::Invitation, stars: i32) {
    let answers = vec![rating(stars), text("Quick.")];
    let request = answering(bench, invitation, answers);
    bench.client().submit_response(request).await.unwrap();
}

async fn score(bench: &Bench) -> api::Score {
    let request = api::GetScoreRequest {
        questionnaire_id: "nps-order".to_owned(),
        ..api::GetScoreRequest::default()
    };
    bench
        .client()
        .get_score(request)
        .await
        .unwrap()
        .into_inner()
}

/// Removes all that is older than a minute from now, but for what a customer has.
async fn remove(bench: &Bench, held: &str) -> privacy::RemoveOldResponse {
    let minute = SignedDuration::from_mins(1);
    let later = timestamp(bench.clock.now() + minute);
    let records = privacy::OldRecords {
        store: "responses".to_owned(),
        cut_off_time: Some(later),
        held_customer_ids: vec![held.to_owned()],
    };
    let request = privacy::RemoveOldRequest {
        records: Some(records),
        run_id: bench.new_id(),
        expire_time: Some(later),
        batch_size: 10,
    };
    let server = RemovalServer::new(
        bench.database.db().clone(),
        bench.clock.clone(),
        &["responses"],
    );
    let answer = server.remove_old(Request::new(request)).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn old_answers_go_but_for_those_that_are_held_and_scores_stay() {
    let bench = Bench::start().await;
    let (anns, bens) = (invited(&bench).await, invited(&bench).await);
    let (cids, unanswered) = (invited(&bench).await, invited(&bench).await);
    for (invitation, stars) in [(&anns, 9), (&bens, 2), (&cids, 9)] {
        answer(&bench, invitation, stars).await;
    }
    let before = score(&bench).await;
    let removed = remove(&bench, &bens.customer_id).await;
    assert_eq!((removed.removed_count, removed.done), (3, false));
    let removed = remove(&bench, &bens.customer_id).await;
    assert_eq!((removed.done, removed.held_count), (true, 1));
    assert_eq!(score(&bench).await, before);
    for (invitation, code) in [
        (&anns, Code::NotFound),
        (&bens, Code::Ok),
        (&cids, Code::NotFound),
        (&unanswered, Code::NotFound),
    ] {
        let request = api::GetInvitationRequest {
            invitation_id: invitation.invitation_id.clone(),
        };
        let read = bench.client().get_invitation(request).await;
        assert_eq!(read.map_or_else(|it| it.code(), |_| Code::Ok), code);
    }
    // What is removed later is added to what was.
    remove(&bench, &bench.new_id()).await;
    assert_eq!(score(&bench).await, before);
    let kept = "SELECT rating, responses FROM past_ratings ORDER BY rating";
    let kept: Vec<(i32, i64)> = sqlx::query_as(kept)
        .fetch_all(bench.database.db().pool())
        .await
        .unwrap();
    assert_eq!(kept, [(2, 1), (9, 2)]);
    let texts = "SELECT count(*) FROM answers";
    let texts: i64 = sqlx::query_scalar(texts)
        .fetch_one(bench.database.db().pool())
        .await
        .unwrap();
    assert_eq!(texts, 0);
}
