//! However slow a handler is, its transactions stay short, and nothing is lost by that.

use std::time::Duration;

use async_trait::async_trait;
use chassis::Clock;
use events::{Consumer, ConsumerConfig, Handler, HandlerError, Incoming, NewEvent};
use jiff::SignedDuration;
use sqlx::PgTransaction;

use crate::effects::Effects;
use crate::world::{Announcer, Applying, SOURCE, Task, config, event};

/// Takes its time with each event, by a clock that stands still otherwise.
struct Slow {
    clock: Clock,
    each: SignedDuration,
}

#[async_trait]
impl Handler for Slow {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.clock.advance(self.each);
        Effects::default().handle(tx, event).await
    }
}

#[tokio::test]
async fn a_slow_handler_gets_as_few_events_in_a_transaction_as_fit_its_time_once_each_in_order() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let events: Vec<NewEvent> = (0..100).map(|number| event(1, number)).collect();
    announcer.announce(&events).await;

    let clock = Clock::manual("2025-06-01T12:00:00Z".parse().unwrap());
    let handler = Slow {
        clock: clock.clone(),
        each: SignedDuration::from_millis(50),
    };
    let config = ConsumerConfig {
        batch_time: Duration::from_millis(200),
        ..config()
    };
    let db = applying.db().clone();
    let consumer = Consumer::new(db, SOURCE, announcer.feed(), handler, config, clock);
    let _consumer = Task::start(consumer);

    let in_order: Vec<i64> = (0..100).collect();
    applying.until_amounts(1, &in_order).await;
    let sizes = "SELECT count(*) FROM effect GROUP BY xmin ORDER BY min(ordinal)";
    let sizes: Vec<i64> = sqlx::query_scalar(sizes)
        .fetch_all(applying.test.owner_pool())
        .await
        .unwrap();
    let (first, others) = sizes.split_first().unwrap();
    assert!(
        *first <= 16 && others.iter().all(|size| size * 50 <= 200),
        "{sizes:?}"
    );
}
