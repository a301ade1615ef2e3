//! The thread that makes and drops the test databases of one process.
//!
//! Every test has a runtime of its own, which ends with it. The session that makes databases has
//! to outlive them all, so it lives on a thread beside them.

use std::sync::OnceLock;
use std::thread;

use tokio::runtime;
use tokio::sync::{mpsc, oneshot};

use super::shared::Shared;
use super::{TestError, template};
use crate::Migrations;
use crate::embedded::Address;

/// Requests that may wait. Drops beyond it are left to the sweep.
const QUEUE: usize = 1_024;
/// Attempts to copy a template that another process is just replacing.
const ATTEMPTS: u32 = 5;

type Created = Result<(Address, String), TestError>;

/// A request to the thread.
enum Request {
    Create {
        migrations: Migrations,
        reply: oneshot::Sender<Created>,
    },
    Drop {
        name: String,
    },
}

/// A handle of the thread. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Janitor {
    requests: mpsc::Sender<Request>,
}

impl Janitor {
    /// The one of this process, started by the first test that asks.
    pub(super) fn of_process() -> Self {
        static JANITOR: OnceLock<Janitor> = OnceLock::new();
        JANITOR.get_or_init(Self::start).clone()
    }

    fn start() -> Self {
        let (requests, received) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("test-databases".to_owned());
        if let Err(error) = thread.spawn(move || run(received)) {
            // The channel is closed then, which whoever asks is told.
            tracing::error!(%error, "cannot start the thread that makes test databases");
        }
        Self { requests }
    }

    /// Makes a database; returns where it is and its name.
    pub(super) async fn create(&self, migrations: Migrations) -> Created {
        let (reply, created) = oneshot::channel();
        let request = Request::Create { migrations, reply };
        self.requests
            .send(request)
            .await
            .map_err(|_| TestError::JanitorGone)?;
        created.await.map_err(|_| TestError::JanitorGone)?
    }

    /// Drops a database some time after this call.
    pub(super) fn drop_later(&self, name: String) {
        // A full queue is no harm: what is not dropped now is swept by a later run.
        let _ = self.requests.try_send(Request::Drop { name });
    }
}

fn run(received: mpsc::Receiver<Request>) {
    match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(serve(received)),
        Err(error) => tracing::error!(%error, "cannot make the runtime for test databases"),
    }
}

async fn serve(mut received: mpsc::Receiver<Request>) {
    let mut state = State::default();
    while let Some(request) = received.recv().await {
        match request {
            Request::Create { migrations, reply } => {
                let created = state.create(&migrations).await;
                // Nobody listens any more when the test was given up meanwhile.
                let _ = reply.send(created);
            }
            Request::Drop { name } => state.drop(&name).await,
        }
    }
}

#[derive(Default)]
struct State {
    shared: Option<Shared>,
    made: u64,
}

impl State {
    async fn create(&mut self, migrations: &Migrations) -> Created {
        for _ in 1..ATTEMPTS {
            match self.try_create(migrations).await {
                Err(error) if error.lost_session() => self.shared = None,
                Err(error) if error.template_unusable() => {}
                result => return result,
            }
        }
        self.try_create(migrations).await
    }

    async fn try_create(&mut self, migrations: &Migrations) -> Created {
        self.made += 1;
        let name = template::test_name(self.made);
        let shared = self.shared().await?;
        template::sweep(&mut shared.admin).await?;
        let template = template::ensure(&mut shared.admin, &shared.address, migrations).await?;
        template::copy(&mut shared.admin, &template, &name).await?;
        Ok((shared.address.clone(), name))
    }

    async fn drop(&mut self, name: &str) {
        let Some(shared) = &mut self.shared else {
            return;
        };
        if let Err(error) = template::drop_database(&mut shared.admin, name).await {
            tracing::debug!(name, %error, "a test database is left to the sweep");
        }
    }

    async fn shared(&mut self) -> Result<&mut Shared, TestError> {
        let shared = match self.shared.take() {
            Some(shared) => shared,
            None => Shared::join().await?,
        };
        Ok(self.shared.insert(shared))
    }
}
