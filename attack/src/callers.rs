//! Callers who behave: at a steady rate, whether or not they are answered.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::victim::Victim;

const NAMES: [&str; 4] = ["anna", "ben", "cleo", "dora"];
/// Between two calls of one caller.
const PAUSE: Duration = Duration::from_millis(50);
/// How long they wait for an answer.
const BOUND: Duration = Duration::from_secs(2);
/// What they ask for: it reads a database.
const PATH: &str = "/v1/programs";

/// Some of them.
pub(crate) struct Callers(Vec<Caller>);

#[derive(Clone)]
struct Caller {
    client: Client<HttpConnector, Empty<Bytes>>,
    url: Arc<str>,
    authorization: Arc<str>,
}

/// What they got.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Goodput {
    offered: u64,
    answered: u64,
    pub(crate) slowest_ms: u64,
}

impl Goodput {
    pub(crate) fn percent(self) -> u64 {
        self.answered * 100 / self.offered.max(1)
    }
}

impl Callers {
    pub(crate) fn of(victim: &Victim) -> Self {
        let caller = |name: &&str| Caller {
            client: Client::builder(TokioExecutor::new()).build_http(),
            url: format!("http://{}{PATH}", victim.address).into(),
            authorization: victim
                .authorization(name, &["machine"])
                .unwrap_or_default()
                .into(),
        };
        Self(NAMES.iter().map(caller).collect())
    }

    /// Calls for so long, and waits for the last answers.
    pub(crate) async fn call_for(self, duration: Duration) -> Goodput {
        let mut calls = JoinSet::new();
        let end = Instant::now() + duration;
        let mut turns = interval(PAUSE);
        while Instant::now() < end {
            turns.tick().await;
            for caller in &self.0 {
                calls.spawn(caller.clone().call());
            }
        }
        let mut goodput = Goodput::default();
        while let Some(call) = calls.join_next().await {
            goodput.offered += 1;
            if let Ok(Some(took)) = call {
                goodput.answered += 1;
                let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                goodput.slowest_ms = goodput.slowest_ms.max(milliseconds);
            }
        }
        goodput
    }
}

impl Caller {
    /// How long it took to be answered properly; none when it was not.
    async fn call(self) -> Option<Duration> {
        let request = Request::get(&*self.url).header("authorization", &*self.authorization);
        let request = request.body(Empty::new()).ok()?;
        let begun = Instant::now();
        let answered = timeout(BOUND, async {
            let response = self.client.request(request).await.ok()?;
            let status = response.status();
            response.into_body().collect().await.ok()?;
            Some(status)
        });
        let status = answered.await.ok()??;
        (status == StatusCode::OK).then(|| begun.elapsed())
    }
}
