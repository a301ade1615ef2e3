//! Partitions come and go without rights of the application's own.

use std::sync::Arc;

use events::{Feed as _, FeedConfig, FeedServer};
use tokio_util::sync::CancellationToken;

use crate::world::{Announcer, event, everything, next_response, until, within};

#[tokio::test]
async fn partitions_are_made_ahead_and_dropped_after_their_time() {
    let announcer = Announcer::new().await;
    let pool = announcer.test.owner_pool();
    let count = |query: &'static str| async move {
        sqlx::query_scalar::<_, i64>(query)
            .fetch_one(pool)
            .await
            .unwrap()
    };
    let ahead = "SELECT count(to_regclass('outbox_' || to_char(day, 'YYYYMMDD')))
        FROM generate_series((now() AT TIME ZONE 'UTC')::date, now() AT TIME ZONE 'UTC'
            + interval '30 days', interval '1 day') AS day";
    let old_ones = "SELECT count(to_regclass('outbox_20250301'))";
    let old = "CREATE TABLE outbox_20250301 PARTITION OF outbox
            FOR VALUES FROM ('2025-03-01') TO ('2025-03-02');
        INSERT INTO outbox (shard, event_id, subject_id, subject_version, type, schema_version,
            traceparent, occurred_at, payload, written_on)
        SELECT 0, gen_random_uuid(), gen_random_uuid(), 1, 't', 1, '', now(), '', day
        FROM unnest(ARRAY['2025-03-01', '2025-03-05']::date[]) AS day";
    sqlx::raw_sql(old)
        .execute(announcer.test.owner_pool())
        .await
        .unwrap();
    announcer.announce(&[event(1, 1)]).await;
    assert_eq!(count(old_ones).await, 1);

    let config = FeedConfig {
        days_ahead: 6,
        ..FeedConfig::default()
    };
    let (db, outbox) = (announcer.db().clone(), announcer.outbox.clone());
    let feed = Arc::new(FeedServer::with_config(db, outbox, config));
    let stop = CancellationToken::new();
    let (running, stopped) = (Arc::clone(&feed), stop.clone());
    let running = tokio::spawn(async move { running.run(stopped).await });
    until(
        "today and six days ahead have partitions, the old day has none",
        || async { count(ahead).await == 7 && count(old_ones).await == 0 },
    )
    .await;
    until("what was left over is gone", || async {
        count("SELECT count(*) FROM outbox WHERE written_on < '2025-03-10'").await == 0
    })
    .await;
    assert_eq!(count("SELECT count(*) FROM outbox").await, 1);

    // By now the feed knows which partitions a follower that has caught up can leave out.
    let mut responses = feed.follow(everything()).await.unwrap();
    next_response(&mut responses, |response| response.events.len() == 1).await;
    announcer.announce(&[event(1, 2)]).await;
    next_response(&mut responses, |response| response.events.len() == 1).await;
    stop.cancel();
    within(running).await.unwrap();
}
