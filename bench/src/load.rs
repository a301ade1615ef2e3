//! Callers: in a closed loop each sends its next call when the last one is answered; at a rate each
//! sends when its time has come, and what it waits counts from then.

use std::time::{Duration, Instant};

use anyhow::Error;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

/// Connections that the callers share.
const CONNECTIONS: usize = 4;

/// How calls are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Callers at once.
    pub(crate) callers: u32,
    /// For how long.
    pub(crate) duration: Duration,
    /// Calls in a second, of all callers together; `None` is as fast as they are answered.
    pub(crate) rate: Option<f64>,
}

impl Load {
    /// Enough callers to keep a server of two cores busy.
    pub(crate) fn closed(duration: Duration) -> Self {
        Self {
            callers: 32,
            duration,
            rate: None,
        }
    }
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Calls that were answered.
    pub(crate) calls: usize,
    /// From the first call to the last answer, in seconds.
    pub(crate) seconds: f64,
    /// Times of the calls, in seconds, sorted.
    pub(crate) latencies: Vec<f64>,
}

impl Outcome {
    /// Calls in a second.
    pub(crate) fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 calls")]
        let calls = self.calls as f64;
        calls / self.seconds
    }

    /// The latency in milliseconds that this share of the calls stays within.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a place in a list of far fewer than 2^52 calls"
        )]
        let place = (share * self.latencies.len() as f64) as usize;
        let place = place.min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).copied().unwrap_or_default() * 1e3
    }
}

/// Calls; every call must succeed. Each is told which one of its caller's it is: caller, number.
pub(crate) async fn run<F>(
    address: &str,
    load: Load,
    call: impl Fn(Channel, (u32, u32)) -> F + Clone + Send + 'static,
) -> anyhow::Result<Outcome>
where
    F: Future<Output = Result<(), tonic::Status>> + Send + 'static,
{
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(Endpoint::from_shared(address.to_owned())?.connect().await?);
    }
    run_over(&channels, load, call).await
}

/// The same over connections of any kind.
pub(crate) async fn run_over<C, F, E>(
    connections: &[C],
    load: Load,
    call: impl Fn(C, (u32, u32)) -> F + Clone + Send + 'static,
) -> anyhow::Result<Outcome>
where
    C: Clone + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<Error> + Send + 'static,
{
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for (number, connection) in (0..load.callers).zip(connections.iter().cycle()) {
        let pace = Pace::of(load, number, began);
        callers.spawn(caller(connection.clone(), pace, call.clone()));
    }
    let mut outcome = Outcome::default();
    while let Some(latencies) = callers.join_next().await {
        outcome.latencies.extend(latencies?.map_err(Into::into)?);
    }
    outcome.seconds = began.elapsed().as_secs_f64();
    outcome.calls = outcome.latencies.len();
    outcome.latencies.sort_by(f64::total_cmp);
    Ok(outcome)
}

/// When a caller sends.
struct Pace {
    caller: u32,
    next: Instant,
    until: Instant,
    every: Option<Duration>,
}

impl Pace {
    fn of(load: Load, caller: u32, began: Instant) -> Self {
        let every = load
            .rate
            .map(|rate| Duration::from_secs_f64(f64::from(load.callers) / rate));
        // Spread over the first interval, so that they do not all come at once.
        let share = f64::from(caller) / f64::from(load.callers);
        let next = began + every.unwrap_or_default().mul_f64(share);
        Self {
            caller,
            next,
            until: began + load.duration,
            every,
        }
    }

    /// Waits for the next call's time, and tells it; `None` after the last.
    async fn turn(&mut self) -> Option<Instant> {
        let Some(every) = self.every else {
            return Some(Instant::now()).filter(|now| *now < self.until);
        };
        let turn = self.next;
        self.next += every;
        tokio::time::sleep_until(turn.into()).await;
        Some(turn).filter(|turn| *turn < self.until)
    }
}

async fn caller<C, F, E>(
    connection: C,
    mut pace: Pace,
    call: impl Fn(C, (u32, u32)) -> F,
) -> Result<Vec<f64>, E>
where
    C: Clone,
    F: Future<Output = Result<(), E>>,
{
    let mut latencies = Vec::new();
    let mut number = 0;
    while let Some(due) = pace.turn().await {
        call(connection.clone(), (pace.caller, number)).await?;
        latencies.push(due.elapsed().as_secs_f64());
        number += 1;
    }
    Ok(latencies)
}
