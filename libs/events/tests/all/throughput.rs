//! How fast events come through. Run with `--ignored --nocapture`, alone and in release mode.

use std::time::Instant;

use events::NewEvent;

use crate::effects::{Effects, ManyEffects};
use crate::world::{Announcer, Applying, Task, event, until};

const EVENTS: i64 = 50_000;

async fn announce(announcer: &Announcer) {
    for block in 0..EVENTS / 500 {
        let customer = |n: i64| u128::from(((block * 500 + n) % 5_000).cast_unsigned());
        let events: Vec<NewEvent> = (0..500).map(|n| event(customer(n), n)).collect();
        announcer.announce(&events).await;
    }
}

async fn applied(applying: &Applying, consumer: Task, start: Instant, what: &str) {
    until("all is applied", || async {
        applying.number("SELECT count(*) FROM effect").await == EVENTS
    })
    .await;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{what}: {EVENTS} events in {seconds:.2} s, {:.0}/s",
        50_000.0 / seconds
    );
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn events_per_second() {
    let announcer = Announcer::new().await;
    let start = Instant::now();
    announce(&announcer).await;
    println!(
        "announce: {:.0}/s",
        50_000.0 / start.elapsed().as_secs_f64()
    );

    let many = Applying::new().await;
    let start = Instant::now();
    let consumer = many.start(announcer.feed(), ManyEffects);
    applied(&many, consumer, start, "many at a time").await;

    let single = Applying::new().await;
    let start = Instant::now();
    let consumer = single.start(announcer.feed(), Effects::default());
    applied(&single, consumer, start, "a statement for each").await;
}
