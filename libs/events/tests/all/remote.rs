//! Feeds that go away: two roles over real connections, wired as services are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use access::DevelopmentIssuer;
use async_trait::async_trait;
use chassis::client::Connector;
use chassis::config::Config;
use chassis::paging::PageTokens;
use chassis::{Clock, Drained, Running, Service};
use contract::patron::events::v1::FollowRequest;
use events::{
    Consumer, ConsumerConfig, Feed, FeedConfig, FeedServer, Feeds, Outbox, Parts, Responses,
    UnknownFeed,
};
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::effects::Effects;
use crate::world::{Announcer, Applying, Task, config, event, within};

struct Keys {
    folder: tempfile::TempDir,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    Keys { folder }
});

fn role_config(listen: &str) -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.listen = listen.parse().unwrap();
    config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
    config.server.drain_notice_ms = 0;
    config.access.service_key_file = Some(KEYS.folder.path().join("key.pem"));
    config
}

struct Role {
    running: Running,
    stop: CancellationToken,
}

impl Role {
    async fn stop(self) -> Drained {
        self.stop.cancel();
        within(self.running.stopped()).await
    }
}

async fn serve(name: &str, listen: &str, parts: Parts) -> Role {
    let service = events::attach(Service::new(name, Clock::system()), parts);
    let stop = CancellationToken::new();
    let running = chassis::serve(service, &role_config(listen), stop.clone())
        .await
        .unwrap();
    Role { running, stop }
}

fn announcing(announcer: &Announcer) -> Parts {
    Parts {
        db: announcer.db().clone(),
        outbox: announcer.outbox.clone(),
        feed: FeedConfig::default(),
        consumers: Vec::new(),
        tokens: PageTokens::new(b"secret"),
    }
}

fn applying(applying: &Applying, address: &str) -> Parts {
    let connector =
        Connector::new("loyalty", Clock::system(), &role_config("127.0.0.1:0")).unwrap();
    let feeds = Feeds::over([("profile", connector.connect(address).unwrap())]);
    assert_eq!(
        feeds.get("survey").err(),
        Some(UnknownFeed {
            name: "survey".to_owned()
        })
    );
    let (db, feed) = (applying.db().clone(), feeds.get("profile").unwrap());
    let clock = Clock::system();
    let consumer = Consumer::new(
        db.clone(),
        "profile",
        feed,
        Effects::default(),
        config(),
        clock,
    );
    Parts {
        db,
        outbox: Outbox::new("loyalty", Clock::system()),
        feed: FeedConfig::default(),
        consumers: vec![consumer],
        tokens: PageTokens::new(b"secret"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_stops_ends_its_streams_and_is_followed_again_when_it_is_back() {
    let (announcer, effects) = (Announcer::new().await, Applying::new().await);
    let profile = serve("profile", "127.0.0.1:0", announcing(&announcer)).await;
    let address = profile.running.address().to_string();
    let loyalty = serve(
        "loyalty",
        "127.0.0.1:0",
        applying(&effects, &format!("http://{address}")),
    )
    .await;
    announcer.announce(&[event(1, 1)]).await;
    effects.until_amounts(1, &[1]).await;

    assert_eq!(
        profile.stop().await,
        Drained::default(),
        "no stream held up the drain"
    );
    announcer.announce(&[event(1, 2)]).await;
    let profile = serve("profile", &address, announcing(&announcer)).await;
    effects.until_amounts(1, &[1, 2]).await;

    assert_eq!(loyalty.stop().await, Drained::default());
    let leased = "SELECT count(*) FROM consumer_cursors WHERE lease_holder IS NOT NULL";
    assert_eq!(effects.number(leased).await, 0);
    profile.stop().await;
}

/// Opens, the first time, a stream on which nothing ever comes: what is left of a connection whose
/// other end has vanished.
struct HalfOpen {
    feed: Arc<FeedServer>,
    is_first: AtomicBool,
}

#[async_trait]
impl Feed for HalfOpen {
    async fn follow(&self, request: FollowRequest) -> Result<Responses, Status> {
        if self.is_first.swap(false, Ordering::SeqCst) {
            return Ok(futures_util::stream::pending().boxed());
        }
        self.feed.follow(request).await
    }
}

#[tokio::test]
async fn a_feed_that_has_fallen_silent_is_followed_anew() {
    let (announcer, effects) = (Announcer::new().await, Applying::new().await);
    announcer.announce(&[event(1, 1)]).await;
    let feed = Arc::new(HalfOpen {
        feed: announcer.feed(),
        is_first: AtomicBool::new(true),
    });
    // Longer than the time between two heartbeats of the lease, which must not count.
    let config = ConsumerConfig {
        silence: Duration::from_secs(1),
        ..config()
    };
    let (db, clock) = (effects.db().clone(), Clock::system());
    let consumer = Consumer::new(db, "profile", feed, Effects::default(), config, clock);
    let _running = Task::start(consumer);
    effects.until_amounts(1, &[1]).await;
}
