//! A replica that can be killed.

use tokio::runtime::{Builder, Runtime};

use super::upstream::Upstream;

/// A service with threads of its own, so that it can end as a process does: at once, whatever it was about.
pub(crate) struct Mortal {
    pub(crate) upstream: Upstream,
    runtime: Option<Runtime>,
}

impl Mortal {
    pub(crate) async fn start() -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let upstream = runtime.spawn(Upstream::start()).await.unwrap();
        Self {
            upstream,
            runtime: Some(runtime),
        }
    }

    /// Ends it: its port and its connections are closed, and nobody is told.
    pub(crate) fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.kill();
    }
}
