//! What other services have goes, whatever breaks off when, and never anything of somebody on whom a hold is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use contract::patron::privacy::v1::{
    CountOldRequest, CountOldResponse, RemoveOldRequest, RemoveOldResponse,
};
use contract::patron::profile::v1::CreateLegalHoldRequest;
use events::Outbox;
use jiff::SignedDuration;
use postgres::testing::TestDatabase;
use retention::{Remover, Removers};
use tokio::sync::Semaphore;
use tonic::{Code, Status};

use crate::app::App;
use crate::app::contact::Secrets;
use crate::app::identity::tell::Taken;
use crate::domain::identity::source::{CRM, Source, SourceId};
use crate::domain::ids::CustomerId;
use crate::domain::privacy::retention::run::{Hindrance, Run, RunId};
use crate::domain::privacy::retention::{Kind, Others, Own};
use crate::store::privacy::retention as store;

const CASES: Kind = Kind::Others(Others::Cases);

/// A complaints service: it has so many old cases, of which a call removes one.
struct Complaints {
    left: Mutex<i64>,
    removed: Mutex<i64>,
    /// What it was asked, once it was.
    asked: Mutex<Vec<RemoveOldRequest>>,
    /// How many calls it answers.
    answers: Semaphore,
    is_down: Mutex<bool>,
}

impl Complaints {
    fn with(cases: i64) -> Arc<Self> {
        Arc::new(Self {
            left: Mutex::new(cases),
            removed: Mutex::new(0),
            asked: Mutex::default(),
            answers: Semaphore::new(1_000),
            is_down: Mutex::new(false),
        })
    }

    /// The same, but that it answers only when it is told to.
    fn slow(cases: i64) -> Arc<Self> {
        let complaints = Self::with(cases);
        complaints.answers.forget_permits(1_000);
        complaints
    }

    fn goes(&self, down: bool) {
        *self.is_down.lock().unwrap() = down;
    }

    fn last_asked(&self) -> Option<RemoveOldRequest> {
        self.asked.lock().unwrap().last().cloned()
    }

    fn reached(self: &Arc<Self>) -> Removers {
        let complaints: Arc<dyn Remover> = self.clone();
        Removers::of([("complaints", complaints)])
    }
}

#[async_trait]
impl Remover for Complaints {
    async fn remove(
        &self,
        request: RemoveOldRequest,
        _: Duration,
    ) -> Result<RemoveOldResponse, Status> {
        if *self.is_down.lock().unwrap() {
            return Err(Status::unavailable("down"));
        }
        self.asked.lock().unwrap().push(request);
        self.answers.acquire().await.unwrap().forget();
        let mut left = self.left.lock().unwrap();
        let mut removed = self.removed.lock().unwrap();
        let gone = (*left).min(1);
        *left -= gone;
        *removed += gone;
        Ok(RemoveOldResponse {
            removed_count: *removed,
            done: gone == 0,
            held_count: 4,
        })
    }

    async fn count(&self, _: CountOldRequest, _: Duration) -> Result<CountOldResponse, Status> {
        Err(Status::unavailable("down"))
    }
}

/// A profile service. Cheap to clone: another replica.
#[derive(Clone)]
struct World {
    app: App,
    database: Arc<TestDatabase>,
}

impl World {
    /// Where cases and errors of imports are kept for a year.
    async fn new() -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        let clock = Clock::manual("2026-05-10T12:00:00Z".parse().unwrap());
        let app = App {
            db: database.db().clone(),
            outbox: Outbox::new(crate::NAME, clock.clone()),
            clock,
            secrets: Secrets::of(&PageTokens::new(b"a test")),
            keyring: testkit::keyring(),
            country: None,
            stale_after: SignedDuration::from_hours(24 * 90),
        };
        let mut tx = app.db.begin().await.unwrap();
        for kind in [CASES, Kind::Own(Own::ImportErrors)] {
            let rule = store::put_rule(&mut tx, (kind, 365), "user:ann", app.now());
            rule.await.unwrap();
        }
        tx.commit().await.unwrap();
        Self {
            app,
            database: Arc::new(database),
        }
    }

    async fn customer(&self) -> CustomerId {
        let app = &self.app;
        let id = CustomerId(app.clock.new_id());
        let name = (CRM, id.0.to_string());
        let source = Source::new(SourceId(app.clock.new_id()), id, name, app.now());
        let mut tx = app.db.begin().await.unwrap();
        app.found(&mut tx, source, Taken::Noted).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Goes on until there is nothing to do.
    async fn retain(&self, removers: &Removers) {
        while self.app.retain_some(removers).await.unwrap() {}
    }

    async fn run(&self, kind: Kind) -> Run {
        let mut tx = self.app.db.begin().await.unwrap();
        let runs = store::list(&mut tx, RunId(uuid::Uuid::max()), 10).await;
        let mut runs = runs.unwrap().into_iter();
        runs.find(|run| run.kind == kind).unwrap()
    }

    async fn hold(&self, customer: CustomerId, patience: Duration) -> Result<(), Code> {
        let request = CreateLegalHoldRequest {
            customer_id: customer.0.to_string(),
            reason: "a lawsuit".to_owned(),
            request_id: uuid::Uuid::from_u128(7).to_string(),
        };
        let deadline = Deadline::after(patience);
        let put = self
            .app
            .create_legal_hold("user:ann", deadline, &request, customer);
        put.await.map(|_| ()).map_err(|status| status.code())
    }

    /// Somebody has written a hold that is not committed yet.
    async fn is_putting_hold(&self) -> bool {
        let locked = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'legal_holds'::regclass
                      AND mode = 'RowExclusiveLock' AND granted)";
        let locked = sqlx::query_scalar(locked).fetch_one(self.database.db().pool());
        locked.await.unwrap()
    }

    fn passes(&self, seconds: i64) {
        self.app.clock.advance(SignedDuration::from_secs(seconds));
    }
}

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(30);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect(what);
}

#[tokio::test]
async fn what_is_elsewhere_goes_in_batches_and_is_counted_in_the_report() {
    let (world, complaints) = (World::new().await, Complaints::with(3));
    world.retain(&complaints.reached()).await;
    let run = world.run(CASES).await;
    assert_eq!((run.removed, run.held), (3, 4));
    assert!(run.ended_at.is_some() && run.removing_until.is_none());
    let asked = complaints.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|it| it.run_id == run.id.0.to_string()));
}

#[tokio::test]
async fn a_service_that_is_down_is_told_in_the_report_holds_up_nothing_and_is_asked_again() {
    let (world, complaints) = (World::new().await, Complaints::with(1));
    complaints.goes(true);
    world.retain(&complaints.reached()).await;
    let run = world.run(CASES).await;
    assert_eq!(run.hindered.map(|it| it.by), Some(Hindrance::Unavailable));
    assert!(run.ended_at.is_none());
    let own = world.run(Kind::Own(Own::ImportErrors)).await;
    assert!(own.ended_at.is_some());
    complaints.goes(false);
    world.retain(&complaints.reached()).await;
    assert_eq!(world.run(CASES).await, run);
    world.passes(60);
    world.retain(&complaints.reached()).await;
    let run = world.run(CASES).await;
    assert_eq!((run.removed, run.hindered), (1, None));
    assert!(run.ended_at.is_some());
}

#[tokio::test]
async fn whoever_is_put_on_hold_while_a_service_removes_is_held_in_all_that_follows() {
    let (world, complaints) = (World::new().await, Complaints::slow(2));
    let ben = world.customer().await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let removing = {
        let (world, complaints, order) = (world.clone(), complaints.clone(), order.clone());
        tokio::spawn(async move {
            while complaints.left.lock().map(|left| *left).unwrap() == 2 {
                world.app.retain_some(&complaints.reached()).await.unwrap();
            }
            order.lock().unwrap().push("removed");
        })
    };
    until("the service is asked", async || {
        complaints.last_asked().is_some()
    })
    .await;
    assert!(
        complaints
            .last_asked()
            .unwrap()
            .records
            .unwrap()
            .held_customer_ids
            .is_empty()
    );
    let holding = {
        let (world, order) = (world.clone(), order.clone());
        tokio::spawn(async move {
            world.hold(ben, PATIENCE).await.unwrap();
            order.lock().unwrap().push("held");
        })
    };
    until("the hold waits", async || world.is_putting_hold().await).await;
    complaints.answers.add_permits(1);
    removing.await.unwrap();
    holding.await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["removed", "held"]);
    complaints.answers.add_permits(100);
    world.retain(&complaints.reached()).await;
    let told = complaints.last_asked().unwrap().records.unwrap();
    assert_eq!(told.held_customer_ids, [ben.0.to_string()]);
    assert!(world.run(CASES).await.ended_at.is_some());
}

#[tokio::test]
async fn a_hold_outwaits_a_service_that_is_gone_and_no_more() {
    let (world, complaints) = (World::new().await, Complaints::with(1));
    let ben = world.customer().await;
    complaints.goes(true);
    world.retain(&complaints.reached()).await;
    let refused = world.hold(ben, Duration::from_millis(200)).await;
    assert!(matches!(
        refused,
        Err(Code::Unavailable | Code::DeadlineExceeded)
    ));
    // Its lease has ended: it removes nothing any more, whatever became of it.
    world.passes(7);
    assert_eq!(world.hold(ben, PATIENCE).await, Ok(()));
}

#[tokio::test]
async fn another_replica_goes_on_with_a_run_and_the_first_that_wakes_again_changes_nothing() {
    let (world, stuck) = (World::new().await, Complaints::slow(1));
    let first = {
        let (world, removers) = (world.clone(), stuck.reached());
        tokio::spawn(async move { while world.app.retain_some(&removers).await.unwrap() {} })
    };
    until("the service is asked", async || {
        stuck.last_asked().is_some()
    })
    .await;
    // While the lease lasts nobody else asks.
    let well = Complaints::slow(1);
    world.retain(&well.reached()).await;
    assert_eq!(well.last_asked(), None);
    world.passes(7);
    let second = {
        let (world, removers) = (world.clone(), well.reached());
        tokio::spawn(async move { world.app.retain_some(&removers).await.unwrap() })
    };
    until("the other is asked", async || well.last_asked().is_some()).await;
    let leased = world.run(CASES).await;
    stuck.answers.add_permits(1);
    until("the first has answered", async || {
        *stuck.removed.lock().unwrap() == 1
    })
    .await;
    first.await.unwrap();
    assert_eq!(world.run(CASES).await, leased);
    well.answers.add_permits(100);
    second.await.unwrap();
    world.retain(&well.reached()).await;
    let run = world.run(CASES).await;
    assert_eq!(run.removed, 1);
    assert!(run.ended_at.is_some());
}
