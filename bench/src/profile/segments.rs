//! Segments over all customers, and how soon memberships follow what happens.

use std::time::{Duration, Instant};

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use futures_util::StreamExt as _;
use proto::segment_service_client::SegmentServiceClient;
use proto::{CreateSegmentRequest, Segment};

use super::feed::Entries;
use super::intake::{order, record};
use super::{World, new_request_id};
use crate::report::{Figure, Report};

/// Whom everybody enters with the first order.
const FIRST: (&str, &str) = ("bought", "orders.count >= 1");
/// Orders in a second, each somebody's first.
const RATE: u32 = 1_000;
/// Of them in one call.
const BATCH: u32 = 20;
const SECONDS: u32 = 30;
const QUICK_SECONDS: u32 = 15;
/// Calls at once, before a sender waits.
const AT_ONCE: usize = 64;
/// How long the last memberships are waited for.
const PATIENCE: Duration = Duration::from_mins(5);
/// Within which it is to follow.
const BOUND_MS: f64 = 1_000.0;

pub(super) async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let ((), cost) = world.cost_of(define(world)).await?;
    let people = f64::from(world.people);
    let rate = cost.tell(report, "sweep_50_segments", people, "customers/s");
    report.add(rate);
    world.analyze().await?;

    let entries = Entries::follow(world, FIRST.0).await?;
    let (delays, cost) = world.cost_of(follow(world, &entries)).await?;
    let count = f64::from(u32::try_from(delays.len())?);
    let _ = cost.tell(report, "membership", count, "events/s");
    let rate = Figure::new("profile/membership_events", f64::from(RATE), "events/s");
    report.add(rate);
    let percentile = |share: usize| {
        let place = delays.len() * share / 100;
        delays.get(place.min(delays.len().saturating_sub(1)))
    };
    let ms = |share| percentile(share).map_or(f64::INFINITY, |it| it.as_secs_f64() * 1e3);
    report.add(Figure::new("profile/membership_p50", ms(50), "ms"));
    let p99 = Figure::new("profile/membership_p99", ms(99), "ms");
    report.add(p99.aiming("< 1,000 ms", |it| it.value < BOUND_MS));
    Ok(())
}

/// Fifty, as companies have them: by what was bought ever and lately, by who people are, by silence.
fn conditions() -> Vec<(String, String)> {
    let several = (1..=10).flat_map(|step: u32| {
        let days = step * 30;
        [
            (
                format!("regular-{step}"),
                format!("orders.count >= {}", step + 1),
            ),
            (
                format!("spender-{step}"),
                format!("orders.net('GBP') >= {}", step * 20_000),
            ),
            (
                format!("recent-{step}"),
                format!("orders.within_days({days}).count >= {step}"),
            ),
            (
                format!("lost-{step}"),
                format!("orders.count > 0 && orders.within_days({days}).count == 0"),
            ),
            (
                format!("grown-{step}"),
                format!(
                    "customer.region == 'CN' && customer.?age.orValue(0) >= {}",
                    20 + step * 6
                ),
            ),
        ]
    });
    let first = (FIRST.0.to_owned(), FIRST.1.to_owned());
    std::iter::once(first).chain(several).take(50).collect()
}

/// Their ids.
pub(super) fn ids() -> Vec<String> {
    conditions().into_iter().map(|(id, _)| id).collect()
}

async fn define(world: &World) -> anyhow::Result<()> {
    let mut client = SegmentServiceClient::new(world.connect().await?);
    for (segment_id, condition) in conditions() {
        let request = CreateSegmentRequest {
            segment: Some(Segment {
                segment_id,
                condition,
                ..Segment::default()
            }),
            request_id: new_request_id(),
            validate_only: false,
        };
        client.create_segment(world.request(request)).await?;
    }
    world.settle().await
}

/// Sends orders at the rate; answers, sorted, how long after its answer each was seen to have had its effect.
async fn follow(world: &World, entries: &Entries) -> anyhow::Result<Vec<Duration>> {
    let seconds = if world.people < super::PEOPLE {
        QUICK_SECONDS
    } else {
        SECONDS
    };
    let total = RATE * seconds;
    let channel = world.connect().await?;
    let began = tokio::time::Instant::now();
    let calls = (0..total).step_by(BATCH as usize).map(|first| {
        let (channel, bearer) = (channel.clone(), world.bearer.clone());
        async move {
            let due = Duration::from_secs_f64(f64::from(first) / f64::from(RATE));
            tokio::time::sleep_until(began + due).await;
            let items = (first..first + BATCH).map(|number| {
                // Far from each other in the order in which they were made.
                let person = number * (world.people / total);
                order(
                    format!("first-{number}"),
                    person,
                    number,
                    Clock::system().now(),
                )
            });
            let whose = record(channel, &bearer, items.collect()).await?;
            anyhow::Ok((whose, Instant::now()))
        }
    });
    let answered = futures_util::stream::iter(calls).buffered(AT_ONCE);
    let answered: Vec<_> = answered.collect().await;
    let give_up = Instant::now() + PATIENCE;
    while entries.count() < usize::try_from(total)? && Instant::now() < give_up {
        entries.check()?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut delays = Vec::new();
    for answer in answered {
        let (whose, at) = answer?;
        let seen = whose.iter().map(|id| entries.of(id));
        // One that was never seen waits for ever.
        delays.extend(
            seen.map(|seen| seen.map_or(Duration::MAX, |seen| seen.saturating_duration_since(at))),
        );
    }
    delays.sort();
    Ok(delays)
}
