//! A closed loop of callers: each sends its next call when the last one is answered.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

/// Callers at once; enough to keep a server of two cores busy.
const CALLERS: usize = 32;

/// Connections that they share.
const CONNECTIONS: usize = 4;

/// What a loop saw.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Calls that were answered.
    pub(crate) calls: usize,
    /// Their times, in seconds, sorted.
    pub(crate) latencies: Vec<f64>,
}

impl Outcome {
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

/// Calls for so long; every call must succeed.
pub(crate) async fn run<F>(
    address: &str,
    duration: Duration,
    call: impl Fn(Channel) -> F + Clone + Send + 'static,
) -> anyhow::Result<Outcome>
where
    F: Future<Output = Result<(), tonic::Status>> + Send + 'static,
{
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(Endpoint::from_shared(address.to_owned())?.connect().await?);
    }
    let until = Instant::now() + duration;
    let mut callers = JoinSet::new();
    for channel in channels.iter().cycle().take(CALLERS) {
        callers.spawn(caller(channel.clone(), until, call.clone()));
    }
    let mut outcome = Outcome::default();
    while let Some(latencies) = callers.join_next().await {
        outcome.latencies.extend(latencies??);
    }
    outcome.calls = outcome.latencies.len();
    outcome.latencies.sort_by(f64::total_cmp);
    Ok(outcome)
}

async fn caller<F>(
    channel: Channel,
    until: Instant,
    call: impl Fn(Channel) -> F,
) -> Result<Vec<f64>, tonic::Status>
where
    F: Future<Output = Result<(), tonic::Status>>,
{
    let mut latencies = Vec::new();
    loop {
        let started = Instant::now();
        if started >= until {
            return Ok(latencies);
        }
        call(channel.clone()).await?;
        latencies.push(started.elapsed().as_secs_f64());
    }
}
