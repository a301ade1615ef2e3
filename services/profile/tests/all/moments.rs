//! What is read in several statements is of one moment.

use contract::patron::profile::v1::GetErasureRequest;
use contract::patron::profile::v1::erasure::State;

use crate::harness::{self, OTHERS, Profile};
use crate::privacy::erased;

/// Whether somebody waits to read the answers to an erasure.
const WAITS: &str = "SELECT count(*) FROM pg_locks
    WHERE relation = 'erasure_reports'::regclass AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[tokio::test]
async fn an_erasure_that_completes_while_it_is_read_is_shown_before_or_after() {
    let profile = Profile::start().await;
    let id = profile.customer().await;
    let asked = erased(&profile, &id).await;

    let mut last = profile.database.begin_as_owner().await;
    sqlx::query("LOCK TABLE erasure_reports IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *last)
        .await
        .unwrap();
    let mut service = profile.privacy();
    let reading = tokio::spawn(async move {
        let request = GetErasureRequest {
            erasure_id: asked.erasure_id,
        };
        service.get_erasure(request).await.unwrap().into_inner()
    });
    harness::until("the read waits for the answers", async || {
        (profile.count(WAITS).await > 0).then_some(())
    })
    .await;
    let answers = "INSERT INTO erasure_reports (erasure_id, service, round, confirmed_at, stores)
                   SELECT erasure_id, service, round, now(), '[]' FROM erasures, unnest($1) AS service";
    let answers = sqlx::query(answers).bind(OTHERS.as_slice());
    answers.execute(&mut *last).await.unwrap();
    sqlx::query("UPDATE erasures SET completed_at = now()")
        .execute(&mut *last)
        .await
        .unwrap();
    last.commit().await.unwrap();

    let read = reading.await.unwrap();
    let is_answered = read
        .services
        .iter()
        .all(|it| it.state() == State::Completed);
    assert_eq!(read.state() == State::Completed, is_answered, "{read:?}");
}
