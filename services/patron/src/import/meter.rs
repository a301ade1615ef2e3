//! How far an import is, for people to watch.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar moves, and how often a line is written where there is no terminal.
const BAR_INTERVAL: Duration = Duration::from_millis(200);
const LINE_INTERVAL: Duration = Duration::from_secs(3);

/// Counts what has been read and sent. Written by the import, read by whoever shows it.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    consumed: Arc<AtomicU64>,
    total: AtomicU64,
    items: AtomicU64,
}

impl Meter {
    /// The counter of bytes that have been read of the file.
    pub(crate) fn consumed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.consumed)
    }

    /// The length of the file in bytes.
    pub(crate) fn set_total(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// Counts items that were sent.
    pub(crate) fn add_items(&self, count: usize) {
        self.items.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Tells something beside the progress.
    pub(crate) fn note(text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Shows the progress on standard error until dropped: a bar on a terminal, else a line now and
    /// then. Never ends by itself.
    pub(crate) async fn show(self: Arc<Self>, what: &'static str) -> std::convert::Infallible {
        if io::stderr().is_terminal() {
            self.show_bar(what).await
        } else {
            self.show_lines(what).await
        }
    }

    async fn show_bar(&self, what: &'static str) -> std::convert::Infallible {
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {percent}% {msg}");
        let bar = ProgressBar::new(0).with_prefix(what);
        let _cleared = Cleared(&bar);
        if let Ok(style) = style {
            bar.set_style(style);
        }
        loop {
            bar.set_length(self.total.load(Ordering::Relaxed));
            bar.set_position(self.consumed.load(Ordering::Relaxed));
            bar.set_message(self.sent());
            tokio::time::sleep(BAR_INTERVAL).await;
        }
    }

    async fn show_lines(&self, what: &'static str) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(LINE_INTERVAL).await;
            // Nobody may be reading; that is no reason to stop.
            let _ = writeln!(
                io::stderr(),
                "{what}: {}% read, {}",
                self.percent(),
                self.sent()
            );
        }
    }

    fn percent(&self) -> u64 {
        let total = self.total.load(Ordering::Relaxed).max(1);
        (self.consumed.load(Ordering::Relaxed) * 100 / total).min(100)
    }

    fn sent(&self) -> String {
        format!("{} sent", self.items.load(Ordering::Relaxed))
    }
}

/// Takes the bar off the terminal when it is no longer drawn.
struct Cleared<'a>(&'a ProgressBar);

impl Drop for Cleared<'_> {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
