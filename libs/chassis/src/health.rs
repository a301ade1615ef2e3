//! Whether a role has started, can serve, and should be killed.
//!
//! Checks run in one loop at a fixed interval, not when somebody asks: probes cannot load the
//! database, and all of them see the same answer.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::ServerConfig;

type BoxError = Box<dyn Error + Send + Sync>;
type Probe = dyn Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync;

/// What a failing check means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// The role cannot serve now; it may recover by itself.
    Ready,
    /// The process is stuck and must be killed. Never for what a restart does not cure, such as an
    /// unreachable database.
    Alive,
}

/// A question that decides about a role's health.
pub(crate) struct Check {
    name: &'static str,
    kind: CheckKind,
    probe: Box<Probe>,
}

impl Check {
    pub(crate) fn new<F, E>(
        name: &'static str,
        kind: CheckKind,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let probe = move || probe().map(|outcome| outcome.map_err(Into::into)).boxed();
        Self {
            name,
            kind,
            probe: Box::new(probe),
        }
    }

    async fn passes(&self, bound: Duration) -> bool {
        match tokio::time::timeout(bound, (self.probe)()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(check = self.name, %error, "a health check failed");
                false
            }
            Err(_) => {
                let bound_ms = bound.as_millis();
                tracing::warn!(check = self.name, bound_ms, "a health check took too long");
                false
            }
        }
    }
}

/// A role's health at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthState {
    /// It has been ready at least once.
    pub started: bool,
    /// It is stopping, and not ready whatever the checks say.
    pub draining: bool,
    /// Names of the readiness checks that fail; `None` before they have run.
    pub unready: Option<Vec<&'static str>>,
    /// Names of the liveness checks that fail.
    pub stuck: Vec<&'static str>,
}

impl HealthState {
    /// True when the role can serve.
    pub fn is_ready(&self) -> bool {
        !self.draining && self.unready.as_ref().is_some_and(Vec::is_empty)
    }

    /// True unless the process should be killed.
    pub fn is_alive(&self) -> bool {
        self.stuck.is_empty()
    }
}

/// Runs the checks and tells the outcome. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    state: watch::Sender<HealthState>,
    checks: Arc<[Check]>,
    interval: Duration,
    bound: Duration,
}

impl Health {
    pub(crate) fn new(checks: Vec<Check>, config: &ServerConfig) -> Self {
        Self {
            state: watch::Sender::default(),
            checks: checks.into(),
            interval: Duration::from_millis(config.health_interval_ms),
            bound: Duration::from_millis(config.health_timeout_ms),
        }
    }

    /// The outcome of the last round of checks.
    pub fn state(&self) -> HealthState {
        self.state.borrow().clone()
    }

    /// Every change of the state from now on.
    pub fn subscribe(&self) -> watch::Receiver<HealthState> {
        self.state.subscribe()
    }

    /// From now on the role is not ready, so that nobody sends it new work.
    pub fn begin_drain(&self) {
        self.state.send_modify(|state| state.draining = true);
    }

    /// Runs the checks at their interval until stopped.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let (unready, stuck) = tokio::join!(
                self.failing(CheckKind::Ready),
                self.failing(CheckKind::Alive)
            );
            self.state
                .send_if_modified(|state| state.update(unready, stuck));
            if stop
                .run_until_cancelled(tokio::time::sleep(self.interval))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    async fn failing(&self, kind: CheckKind) -> Vec<&'static str> {
        let checks = self.checks.iter().filter(|check| check.kind == kind);
        let outcomes = checks.map(async |check| (check.name, check.passes(self.bound).await));
        let outcomes = join_all(outcomes).await;
        outcomes
            .into_iter()
            .filter(|(_, passes)| !passes)
            .map(|(name, _)| name)
            .collect()
    }
}

impl HealthState {
    /// Tells whether anything changed.
    fn update(&mut self, unready: Vec<&'static str>, stuck: Vec<&'static str>) -> bool {
        let before = self.clone();
        self.unready = Some(unready);
        self.stuck = stuck;
        self.started |= self.is_ready();
        *self != before
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::mpsc;

    use super::*;
    use crate::config::Config;

    fn running(checks: Vec<Check>) -> (Health, watch::Receiver<HealthState>) {
        let config = Config::defaults().unwrap().server;
        let config = ServerConfig {
            health_interval_ms: 1,
            health_timeout_ms: 20,
            ..config
        };
        let health = Health::new(checks, &config);
        let changes = health.subscribe();
        tokio::spawn(health.clone().run(CancellationToken::new()));
        (health, changes)
    }

    #[tokio::test]
    async fn readiness_follows_its_checks_and_startup_is_remembered() {
        let works = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&works);
        let check = Check::new("database", CheckKind::Ready, move || {
            let works = seen.load(Ordering::Relaxed);
            async move { if works { Ok(()) } else { Err("unreachable") } }
        });
        let (_health, mut changes) = running(vec![check]);
        changes.wait_for(HealthState::is_ready).await.unwrap();
        works.store(false, Ordering::Relaxed);
        let state = changes
            .wait_for(|state| !state.is_ready())
            .await
            .unwrap()
            .clone();
        assert_eq!(state.unready, Some(vec!["database"]));
        assert!(state.started && state.is_alive());
    }

    #[tokio::test]
    async fn a_check_that_hangs_counts_as_failed() {
        let check = Check::new(
            "hangs",
            CheckKind::Alive,
            std::future::pending::<Result<(), BoxError>>,
        );
        let (_health, mut changes) = running(vec![check]);
        let state = changes
            .wait_for(|state| state.unready.is_some())
            .await
            .unwrap()
            .clone();
        assert!(!state.is_alive());
    }

    #[tokio::test]
    async fn a_draining_role_is_not_ready_whatever_its_checks_say() {
        let (asked, mut rounds) = mpsc::channel(1);
        let check = Check::new("passes", CheckKind::Ready, move || {
            let asked = asked.clone();
            async move { asked.send(()).await }
        });
        let (health, mut changes) = running(vec![check]);
        rounds.recv().await.unwrap();
        changes.wait_for(HealthState::is_ready).await.unwrap();
        health.begin_drain();
        for _ in 0..3 {
            rounds.recv().await.unwrap();
            assert!(!health.state().is_ready());
        }
    }
}
