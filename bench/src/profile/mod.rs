//! Profile with many customers: a file of them taken in, found again, kept in segments, counted, and what they do recorded.

mod feed;
mod import;
mod intake;
mod people;
mod search;
mod segments;
mod sizes;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::cpu;
use crate::metrics::Metrics;
use crate::processes::{Binary, Cluster, Process};
use crate::report::{Figure, Report};

/// Customers in the file.
const PEOPLE: u32 = 1_000_000;
const QUICK_PEOPLE: u32 = 100_000;
/// How often is looked whether nothing is left to be done.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Nothing applied for this long: the follower of the own feed has caught up.
const QUIET: Duration = Duration::from_secs(2);
/// The longest wait for that.
const PATIENCE: Duration = Duration::from_mins(40);

/// The processes at work.
struct World {
    cluster: Cluster,
    service: Process,
    postgres: u32,
    bearer: MetadataValue<Ascii>,
    people: u32,
}

/// What something took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    seconds: f64,
    service: f64,
    postgres: f64,
}

/// Measures on one cluster.
pub(crate) async fn measure(
    binary: &Binary,
    quick: bool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let cluster = Cluster::start(binary).await?;
    let world = World {
        service: cluster.serve("profile").await?,
        postgres: cluster.postgres_pid().await?,
        bearer: cluster.bearer()?,
        people: if quick { QUICK_PEOPLE } else { PEOPLE },
        cluster,
    };
    import::measure(&world, report).await?;
    segments::measure(&world, report).await?;
    sizes::measure(&world, report).await?;
    intake::measure(&world, quick, report).await?;
    search::measure(&world, report).await
}

impl World {
    async fn connect(&self) -> anyhow::Result<Channel> {
        let endpoint = Endpoint::from_shared(self.service.address.clone())?;
        Ok(endpoint.connect().await?)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        authorised(message, &self.bearer)
    }

    async fn database(&self) -> anyhow::Result<PgConnection> {
        Ok(self.cluster.superuser("profile").connect().await?)
    }

    /// What is done until this is answered, in this time.
    async fn cost_of<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(T, Cost)> {
        let used = || {
            anyhow::Ok((
                cpu::seconds(self.service.pid())?,
                cpu::seconds_of_family(self.postgres)?,
            ))
        };
        let (before, began) = (used()?, Instant::now());
        let done = work.await?;
        let (after, seconds) = (used()?, began.elapsed().as_secs_f64());
        let cost = Cost {
            seconds,
            service: after.0 - before.0,
            postgres: after.1 - before.1,
        };
        Ok((done, cost))
    }

    /// Waits until everybody was decided on and the follower of the own feed has caught up.
    async fn settle(&self) -> anyhow::Result<()> {
        let mut db = self.database().await?;
        let give_up = Instant::now() + PATIENCE;
        let (mut seen, mut last_change) = (-1.0, Instant::now());
        loop {
            anyhow::ensure!(Instant::now() < give_up, "still at work after {PATIENCE:?}");
            let applied = Metrics::of(&[&self.service]).await?;
            let applied = applied.sum("events_applied_total");
            if applied > seen || is_due(&mut db).await? {
                (seen, last_change) = (applied, Instant::now());
            }
            if last_change.elapsed() > QUIET {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Brings what PostgreSQL knows of its tables up to date, as it does by itself in the course of time: of those
    /// that have rows. An empty one it never looks at, and of one that it has seen empty it believes that any index will do.
    async fn analyze(&self) -> anyhow::Result<()> {
        let mut db = self.database().await?;
        let filled = "SELECT relname::text FROM pg_stat_user_tables WHERE n_live_tup > 0";
        let filled: Vec<String> = sqlx::query_scalar(filled).fetch_all(&mut db).await?;
        let vacuum = format!("VACUUM ANALYZE {}", filled.join(", "));
        for statement in [vacuum, "CHECKPOINT".to_owned()] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut db)
                .await?;
        }
        Ok(())
    }
}

impl Cost {
    /// Tells the rate of so many things, and the processor time of each.
    fn tell(self, report: &mut Report, name: &str, count: f64, unit: &'static str) -> Figure {
        let per = |seconds: f64| seconds * 1e6 / count;
        let figure = |what: &str, seconds| {
            Figure::new(&format!("profile/{name}_{what}"), per(seconds), "µs each")
        };
        report.add(figure("service_cpu", self.service));
        report.add(figure("postgres_cpu", self.postgres));
        Figure::new(&format!("profile/{name}"), count / self.seconds, unit)
    }
}

/// Whether somebody is to be decided on now.
async fn is_due(db: &mut PgConnection) -> anyhow::Result<bool> {
    let due = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM segment_evaluations WHERE due_time <= now())
             OR EXISTS (SELECT FROM segment_sweeps)",
    );
    due.fetch_one(db).await.context("who is due")
}

fn authorised<T>(message: T, bearer: &MetadataValue<Ascii>) -> Request<T> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", bearer.clone());
    request
}

fn new_request_id() -> String {
    chassis::Clock::system().new_id().to_string()
}
