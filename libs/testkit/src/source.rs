//! Services that are not there, as far as their events go.

use std::sync::Arc;

use chassis::Clock;
use contract::patron::events::v1::FollowRequest;
use events::{Feed, FeedServer, NewEvent, Outbox, Responses};
use futures_util::StreamExt as _;
use postgres::Migrations;
use postgres::testing::TestDatabase;
use sqlx::migrate::Migrator;
use tonic::Status;

/// All that a feed needs of a service's database.
static FEED: [&Migrator; 1] = [&events::MIGRATIONS];

/// Another service, which does nothing but announce.
#[derive(Debug)]
pub struct Source {
    database: TestDatabase,
    outbox: Outbox,
}

impl Source {
    /// A service of this name.
    pub async fn start(name: &'static str, clock: &Clock) -> Self {
        Self {
            database: TestDatabase::create(&Migrations::new(name, &FEED)).await,
            outbox: Outbox::new(name, clock.clone()),
        }
    }

    /// What it tells the others.
    pub fn feed(&self) -> Arc<dyn Feed> {
        let db = self.database.db().clone();
        Arc::new(FeedServer::new(db, self.outbox.clone()))
    }

    /// It announces something.
    pub async fn announce(&self, event: NewEvent) {
        let mut tx = self.database.db().begin().await.unwrap();
        self.outbox.append(&mut tx, event).await.unwrap();
        tx.commit().await.unwrap();
        self.outbox.committed();
    }
}

/// The feed of a service that has nothing to tell.
pub fn silent() -> Arc<dyn Feed> {
    Arc::new(Silent)
}

struct Silent;

#[tonic::async_trait]
impl Feed for Silent {
    async fn follow(&self, _: FollowRequest) -> Result<Responses, Status> {
        Ok(futures_util::stream::pending().boxed())
    }
}
