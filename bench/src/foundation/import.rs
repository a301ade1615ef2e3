//! The demo's orders through the front door, and what follows from them by events.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::metrics::Metrics;
use crate::processes::{Binary, Cluster, Process, SERVICES};
use crate::report::{Figure, Report};

/// Nothing new for this long: the consumers have caught up.
const QUIET: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(100);
const BOUND: Duration = Duration::from_mins(10);

/// Items in one call and in a second: those of `patron up` when it loads the demo.
const AS_THE_DEMO: [&str; 4] = ["--batch", "100", "--rate", "500"];

/// How fast orders are taken in, and how fast a consumer that comes late works off the feed.
pub(super) async fn at_full_speed(
    binary: &Binary,
    cluster: &Cluster,
    orders: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let run = run(binary, cluster, orders, &[]).await?;
    let seconds = Figure::new("foundation/import_demo", run.seconds, "s");
    report.add(seconds.aiming("< 180 s", |figure| figure.value < 180.0));
    report.add(Figure::new(
        "foundation/import_orders",
        run.orders / run.seconds,
        "orders/s",
    ));
    report.add(Figure::new(
        "foundation/events_during_import",
        run.effects_per_second,
        "effects/s",
    ));
    let lag = run
        .metrics
        .histogram("events_effect_lag_seconds")
        .percentile(0.99);
    report.add(Figure::new("foundation/event_lag_p99_full_speed", lag, "s"));
    drain(cluster, report).await
}

/// How far effects are behind their events while the demo is loaded.
pub(super) async fn as_the_demo(
    binary: &Binary,
    cluster: &Cluster,
    orders: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let run = run(binary, cluster, orders, &AS_THE_DEMO).await?;
    let seconds = Figure::new("foundation/import_demo_paced", run.seconds, "s");
    report.add(seconds.aiming("< 180 s", |figure| figure.value < 180.0));
    let lags = run.metrics.histogram("events_effect_lag_seconds");
    report.add(Figure::new(
        "foundation/event_lag_p50",
        lags.percentile(0.5),
        "s",
    ));
    let p99 = Figure::new("foundation/event_lag_p99", lags.percentile(0.99), "s");
    report.add(p99.aiming("< 1 s", |figure| figure.value < 1.0));
    Ok(())
}

/// An import with everything running, until its last effect.
struct Run {
    /// From the start of the import to its end.
    seconds: f64,
    orders: f64,
    /// Over all consumers, until the last effect.
    effects_per_second: f64,
    /// Of all services, afterwards.
    metrics: Metrics,
}

async fn run(
    binary: &Binary,
    cluster: &Cluster,
    orders: &Path,
    options: &[&str],
) -> anyhow::Result<Run> {
    let gateway = cluster.serve("gateway").await?;
    let mut services = Vec::new();
    for service in SERVICES {
        services.push(cluster.serve(service).await?);
    }
    let running: Vec<&Process> = services.iter().collect();

    let began = Instant::now();
    let summary = import(binary, cluster, &gateway, orders, options)?;
    let seconds = began.elapsed().as_secs_f64();
    let settled = settle(&running).await?;
    let metrics = Metrics::of(&running).await?;
    let orders = summary.get("orders").and_then(serde_json::Value::as_f64);
    Ok(Run {
        seconds,
        orders: orders.context("no orders in the summary")?,
        effects_per_second: metrics.sum("events_applied_total") / (settled - began).as_secs_f64(),
        metrics,
    })
}

fn import(
    binary: &Binary,
    cluster: &Cluster,
    gateway: &Process,
    orders: &Path,
    options: &[&str],
) -> anyhow::Result<serde_json::Value> {
    let notes = tempfile::tempdir()?;
    let output = binary
        .command()
        .args(["import", "orders"])
        .arg(orders)
        .args(["--summary", "json", "--resume-file"])
        .arg(notes.path().join("resume.json"))
        .arg("--errors")
        .arg(notes.path().join("errors.csv"))
        .args(options)
        .env("PATRON_URL", &gateway.address)
        .env("PATRON_TOKEN", &cluster.token)
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "the import failed: {told}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// How fast a consumer that comes late works off the whole feed: a loyalty service on a new
/// database, with nothing else to do.
async fn drain(cluster: &Cluster, report: &mut Report) -> anyhow::Result<()> {
    cluster.new_database("loyalty", "loyalty_late").await?;
    let _source = cluster.serve("profile").await?;
    let began = Instant::now();
    let late = cluster.serve_on("loyalty", "loyalty_late").await?;
    let settled = settle(&[&late]).await?;
    let applied = Metrics::of(&[&late]).await?.sum("events_applied_total");
    let rate = applied / (settled - began).as_secs_f64();
    report.add(Figure::new("foundation/events_drained", rate, "effects/s"));
    Ok(())
}

/// Waits until no consumer applies anything any more; answers when the last event was applied.
async fn settle(processes: &[&Process]) -> anyhow::Result<Instant> {
    let give_up = Instant::now() + BOUND;
    let (mut seen, mut last_change) = (-1.0, Instant::now());
    while last_change.elapsed() < QUIET {
        anyhow::ensure!(
            Instant::now() < give_up,
            "events still flow after {BOUND:?}"
        );
        let applied = Metrics::of(processes).await?.sum("events_applied_total");
        if applied > seen {
            (seen, last_change) = (applied, Instant::now());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(last_change)
}
