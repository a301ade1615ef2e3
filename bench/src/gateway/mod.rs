//! The front door by itself: the gateway as it runs in production, before a bare tonic server that does
//! nothing, so that what is measured is the gateway's own work.

mod decisions;
mod front;
mod idle;
mod rest;
mod rpc;

use std::time::Duration;

use crate::cpu;
use crate::load::{self, Load, Outcome};
use crate::processes::{Binary, Process};
use crate::report::{Figure, Report};
use front::Front;
use rest::Rest;

/// Rounds in turn, so that a noisy moment of the machine hits all alike.
const ROUNDS: u32 = 4;
const ROUND: Duration = Duration::from_secs(3);
const CALLERS: u32 = 64;
/// A purchase that is 60 kB of JSON.
const LONG: &str = "lines-250";

/// What calls of one kind have taken of the server that they were made to.
#[derive(Debug, Default)]
struct Cost {
    calls: f64,
    seconds: f64,
    cpu: f64,
}

impl Cost {
    fn us(&self) -> f64 {
        self.cpu * 1e6 / self.calls
    }

    fn rate(&self) -> f64 {
        self.calls / self.seconds
    }

    /// Adds what `load` took of a server.
    async fn add(
        &mut self,
        server: &Process,
        load: impl Future<Output = anyhow::Result<Outcome>>,
    ) -> anyhow::Result<()> {
        let before = cpu::seconds(server.pid())?;
        let outcome = load.await?;
        self.cpu += cpu::seconds(server.pid())? - before;
        self.calls += outcome.rate() * outcome.seconds;
        self.seconds += outcome.seconds;
        Ok(())
    }
}

/// Measures before an upstream that costs next to nothing.
pub(crate) async fn measure(binary: &Binary, report: &mut Report) -> anyhow::Result<()> {
    idle::measure(binary, report).await?;
    let front = Front::start(binary).await?;
    let rate = full_load(&front, report).await?;
    half_load(&front, rate / 2.0, report).await?;
    report.add(decisions::measure()?);
    Ok(())
}

/// What calls cost the gateway, against the same read at the bare server. Tells how many calls of gRPC the gateway
/// answers in a second.
async fn full_load(front: &Front, report: &mut Report) -> anyhow::Result<f64> {
    let read = Rest::read(front, "order");
    let long = Rest::read(front, LONG);
    let kinds = [
        ("rest_read", read.clone(), true),
        ("rest_read_http2", read.over_http2(), true),
        ("rest_write", Rest::write(front), true),
        ("rest_long", long.clone(), false),
        ("rest_long_gzip", long.gzip(), false),
    ];
    let [mut bare, mut grpc] = <[Cost; 2]>::default();
    let mut rest = <[Cost; 5]>::default();
    for _ in 0..ROUNDS {
        for (server, cost) in [(&front.echo, &mut bare), (&front.gateway, &mut grpc)] {
            cost.add(server, closed(server, front.reader())).await?;
        }
        for ((_, rest, _), cost) in kinds.iter().zip(&mut rest) {
            cost.add(&front.gateway, rest.load(ROUND, CALLERS)).await?;
        }
    }
    let figure = |name: &str, cost: &Cost| {
        Figure::new(&format!("gateway/{name}_cpu"), cost.us(), "µs/call").against(bare.us())
    };
    report.add(figure("grpc_read", &grpc).aiming("≤ 1.5", |it| at_most(it, 1.5)));
    for ((name, _, is_short), cost) in kinds.iter().zip(&rest) {
        let figure = figure(name, cost);
        report.add(if *is_short {
            figure.aiming("≤ 3", |it| at_most(it, 3.0))
        } else {
            figure
        });
    }
    Ok(grpc.rate())
}

fn at_most(figure: &Figure, ratio: f64) -> bool {
    figure.ratio.is_some_and(|it| it <= ratio)
}

async fn closed(server: &Process, call: impl rpc::Call) -> anyhow::Result<Outcome> {
    let load = Load {
        callers: CALLERS,
        duration: ROUND,
        rate: None,
    };
    load::run(&server.address, load, call).await
}

/// What the gateway adds to the latency of calls at half of what it can do.
async fn half_load(front: &Front, rate: f64, report: &mut Report) -> anyhow::Result<()> {
    let load = Load {
        callers: CALLERS,
        duration: ROUND,
        rate: Some(rate),
    };
    let [mut direct, mut fronted] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (server, seen) in [(&front.echo, &mut direct), (&front.gateway, &mut fronted)] {
            seen.push(load::run(&server.address, load, front.reader()).await?);
        }
    }
    report.add(Figure::new("gateway/half_load_rate", rate, "calls/s"));
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        // The median round's: noise of the machine is not the gateway's.
        let of = |rounds: &[Outcome]| median(rounds.iter().map(|it| it.percentile_ms(share)));
        let added = of(&fronted) - of(&direct);
        let figure = Figure::new(&format!("gateway/half_load_added_{name}"), added, "ms");
        report.add(figure.aiming("< 1 ms", |figure| figure.value < 1.0));
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
