//! A consumer as a process of its own, which can be killed. It is this test binary, started again
//! to run the one test below.

use std::io::{BufRead as _, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chassis::Clock;
use events::{Consumer, ConsumerConfig, FeedServer, Outbox};
use postgres::{Database, DatabaseConfig, DatabaseUrl};
use tokio_util::sync::CancellationToken;

use crate::effects::ManyEffects;
use crate::world::{Announcer, Applying, SOURCE, config, feed_config};

/// A replica of the applying service. Killed when it goes.
pub(crate) struct Replica(Child);

impl Replica {
    /// Starts a process that applies the announcer's events, with leases of this length.
    pub(crate) fn start(announcer: &Announcer, applying: &Applying, lease: Duration) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "process::consumes_until_killed",
                "--ignored",
                "--nocapture",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (from, to) = (announcer.test.app_url(), applying.test.app_url());
        let settings = format!(
            "{}\n{}\n{}\n",
            from.expose(),
            to.expose(),
            lease.as_millis()
        );
        child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(settings.as_bytes())
            .unwrap();
        Self(child)
    }

    /// As a crash would.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn end(&mut self) {
        // SIGKILL, which works on a stopped process too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
#[ignore = "a process that other tests start"]
fn consumes_until_killed() {
    let mut stdin = std::io::stdin().lock();
    let mut line = || {
        let mut line = String::new();
        stdin.read_line(&mut line).unwrap();
        line.trim().to_owned()
    };
    let (from, to) = (line(), line());
    let lease = Duration::from_millis(line().parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.spawn(async move { consume(&from, &to, lease).await });
    // The starter's end of the pipe is closed when the starter is gone, however it went.
    let _ = stdin.read_to_end(&mut Vec::new());
    runtime.shutdown_background();
}

async fn consume(from: &str, to: &str, lease: Duration) {
    let (from, to) = (connect(from), connect(to));
    let outbox = Outbox::new(SOURCE, Clock::system());
    let feed = Arc::new(FeedServer::with_config(from, outbox, feed_config()));
    let config = ConsumerConfig { lease, ..config() };
    let consumer = Consumer::new(to, SOURCE, feed, ManyEffects, config, Clock::system());
    consumer.run(CancellationToken::new()).await;
}

fn connect(url: &str) -> Database {
    let config = DatabaseConfig {
        max_connections: 4,
        acquire_timeout_ms: 30_000,
        ..DatabaseConfig::new(DatabaseUrl::new(url))
    };
    Database::connect_lazy(&config).unwrap()
}
