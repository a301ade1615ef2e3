//! The points ledger: credits and redemptions over gRPC, each with lots, key, event and chain, against
//! pgbench doing the smallest thing that could be called an earning.

mod baseline;
mod calls;
mod verification;

use std::time::Duration;

use crate::cpu;
use crate::foundation::reads::get_accrual;
use crate::load::{self, Load, Outcome};
use crate::processes::{Binary, Cluster, Process, echo};
use crate::report::{Figure, Report};

use baseline::{Baseline, Rows};
use calls::Members;

/// Rounds in turn, so that a noisy moment of the machine hits all alike.
const ROUNDS: u32 = 4;
const ROUND: Duration = Duration::from_secs(6);
/// Callers of ours; pgbench has 32 clients.
const CALLERS: u32 = 128;
/// Members, and rows of the baseline.
const MEMBERS: usize = 10_000;

/// Entries of the ledger that is verified; a tenth of it for `--quick`.
const ENTRIES: usize = 10_000_000;

/// What was done, and what it took.
#[derive(Debug, Default)]
struct Cost {
    done: f64,
    seconds: f64,
    postgres: f64,
    service: f64,
}

impl Cost {
    fn rate(&self) -> f64 {
        self.done / self.seconds
    }

    fn postgres_us(&self) -> f64 {
        self.postgres * 1e6 / self.done
    }

    fn service_us(&self) -> f64 {
        self.service * 1e6 / self.done
    }
}

/// The processes at work.
struct World {
    cluster: Cluster,
    postgres: u32,
    service: Process,
    limit: Process,
    baseline: Baseline,
    members: Members,
}

/// Measures on one cluster.
pub(crate) async fn measure(
    binary: &Binary,
    quick: bool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let cluster = Cluster::start(binary).await?;
    let world = World {
        postgres: cluster.postgres_pid().await?,
        baseline: Baseline::create(&cluster, MEMBERS).await?,
        service: cluster.serve("loyalty").await?,
        limit: echo().await?,
        members: Members::create(&cluster, MEMBERS).await?,
        cluster,
    };
    world.members.fund(&world.service.address).await?;
    let mixed = world.mixed(report).await?;
    world.hot(report).await?;
    world.half_load(mixed.rate() / 2.0, report).await?;
    let entries = if quick { ENTRIES / 10 } else { ENTRIES };
    let World {
        cluster, service, ..
    } = world;
    // The other one listens where this one did.
    drop(service);
    verification::measure(&cluster, entries, report).await
}

impl World {
    /// Everybody at once on all members.
    async fn mixed(&self, report: &mut Report) -> anyhow::Result<Cost> {
        let [mut ours, mut theirs, mut bare] = <[Cost; 3]>::default();
        for _ in 0..ROUNDS {
            self.pgbench(Rows::All, &mut theirs).await?;
            self.calls(self.members.all(), &mut ours).await?;
            self.echo(&mut bare).await?;
        }
        let rate = Figure::new("ledger/mixed_rate", ours.rate(), "operations/s");
        report.add(
            rate.against(theirs.rate())
                .aiming("≥ 1.5, goal 2.5", |figure| {
                    figure.ratio.is_some_and(|ratio| ratio >= 1.5)
                }),
        );
        let postgres = Figure::new(
            "ledger/mixed_postgres_cpu",
            ours.postgres_us(),
            "µs/operation",
        );
        report.add(
            postgres
                .against(theirs.postgres_us())
                .aiming("≤ 1/3", |figure| {
                    figure.ratio.is_some_and(|ratio| ratio <= 1.0 / 3.0)
                }),
        );
        let service = Figure::new(
            "ledger/mixed_service_cpu",
            ours.service_us(),
            "µs/operation",
        );
        report.add(service.against(bare.service_us()).aiming("≤ 3", |figure| {
            figure.ratio.is_some_and(|ratio| ratio <= 3.0)
        }));
        Ok(ours)
    }

    /// Everybody at once on one member.
    async fn hot(&self, report: &mut Report) -> anyhow::Result<()> {
        let [mut ours, mut theirs] = <[Cost; 2]>::default();
        for _ in 0..ROUNDS {
            self.pgbench(Rows::One, &mut theirs).await?;
            self.calls(self.members.one(), &mut ours).await?;
        }
        let rate = Figure::new("ledger/one_member_rate", ours.rate(), "operations/s");
        report.add(rate.against(theirs.rate()).aiming("≥ 3", |figure| {
            figure.ratio.is_some_and(|ratio| ratio >= 3.0)
        }));
        Ok(())
    }

    /// Half of what is possible: how long a call takes then, and how long a read beside it.
    async fn half_load(&self, rate: f64, report: &mut Report) -> anyhow::Result<()> {
        let load = Load {
            callers: CALLERS,
            duration: ROUND * 2,
            rate: Some(rate),
        };
        let reads = Load {
            callers: 16,
            duration: ROUND * 2,
            rate: Some(200.0),
        };
        let address = self.service.address.as_str();
        let (written, read) = tokio::join!(
            load::run(address, load, self.members.all()),
            load::run(address, reads, self.members.read()),
        );
        let (written, read): (Outcome, Outcome) = (written?, read?);
        let p99 = Figure::new("ledger/half_load_p99", written.percentile_ms(0.99), "ms");
        report.add(p99.aiming("< 25 ms", |figure| figure.value < 25.0));
        let p99 = Figure::new("ledger/half_load_read_p99", read.percentile_ms(0.99), "ms");
        report.add(p99.aiming("< 5 ms", |figure| figure.value < 5.0));
        Ok(())
    }

    async fn pgbench(&self, rows: Rows, cost: &mut Cost) -> anyhow::Result<()> {
        let before = cpu::seconds_of_family(self.postgres)?;
        let done = self.baseline.run(rows, ROUND).await?;
        cost.postgres += cpu::seconds_of_family(self.postgres)? - before;
        cost.done += done;
        cost.seconds += ROUND.as_secs_f64();
        Ok(())
    }

    async fn calls(&self, call: impl calls::Call, cost: &mut Cost) -> anyhow::Result<()> {
        let load = Load {
            callers: CALLERS,
            duration: ROUND,
            rate: None,
        };
        let postgres = cpu::seconds_of_family(self.postgres)?;
        let service = cpu::seconds(self.service.pid())?;
        let outcome = load::run(&self.service.address, load, call).await?;
        cost.postgres += cpu::seconds_of_family(self.postgres)? - postgres;
        cost.service += cpu::seconds(self.service.pid())? - service;
        cost.done += outcome.rate() * outcome.seconds;
        cost.seconds += outcome.seconds;
        Ok(())
    }

    async fn echo(&self, cost: &mut Cost) -> anyhow::Result<()> {
        let load = Load {
            callers: CALLERS,
            duration: ROUND / 2,
            rate: None,
        };
        let service = cpu::seconds(self.limit.pid())?;
        let outcome = load::run(&self.limit.address, load, get_accrual).await?;
        cost.service += cpu::seconds(self.limit.pid())? - service;
        cost.done += outcome.rate() * outcome.seconds;
        Ok(())
    }
}
