//! Many reads of single keys in one statement.
//!
//! While one batch is read the next one gathers, so the busier it is the larger the batches become, and
//! nobody waits for a timer when it is idle. A key that many ask for is read once in a batch. A read
//! never joins a batch that has begun: whoever has seen a write finds it.
//!
//! ```
//! # use std::collections::HashMap;
//! # use coalesce::{Coalescer, Limits};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let squares = Coalescer::start(Limits::default(), |keys: Vec<u64>| async move {
//!     let squares = keys.into_iter().map(|key| (key, key * key));
//!     Ok::<_, String>(HashMap::from_iter(squares))
//! });
//! let both = tokio::join!(squares.get(3), squares.get(4));
//! assert_eq!(both, (Ok(Some(9)), Ok(Some(16))));
//! # }
//! ```

mod reader;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use reader::Ask;

/// How much is read at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most keys of one batch.
    pub keys: usize,
    /// Most batches that are read at the same time.
    pub batches: usize,
    /// Most reads that wait to be taken into a batch.
    pub waiting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            keys: 128,
            // While it is on its way more keys gather, and share what the next costs beside its keys.
            batches: 1,
            waiting: 4_096,
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GetError<E> {
    /// As many as may wait are waiting.
    #[error("too many reads are waiting")]
    Full,
    /// The batch could not be read.
    #[error(transparent)]
    Failed(E),
    /// Whoever read the batch panicked, or the process is coming to its end.
    #[error("the read was broken off")]
    BrokenOff,
}

/// Reads by key. Cheap to clone; it ends with its last clone.
#[derive(Debug)]
pub struct Coalescer<K, V, E> {
    queue: mpsc::Sender<Ask<K, V, E>>,
}

impl<K, V, E> Clone for Coalescer<K, V, E> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<K, V, E> Coalescer<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
    E: Clone + Send + 'static,
{
    /// Begins to read with `load`, which is handed different keys, at least one, and answers with what
    /// it has found of them.
    ///
    /// Called within a Tokio runtime.
    pub fn start<L, F>(limits: Limits, load: L) -> Self
    where
        L: Fn(Vec<K>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<HashMap<K, V>, E>> + Send,
    {
        let (queue, asked) = mpsc::channel(limits.waiting.max(1));
        let (asked, load) = (Arc::new(Mutex::new(asked)), Arc::new(load));
        for _ in 0..limits.batches.max(1) {
            let (asked, load) = (Arc::clone(&asked), Arc::clone(&load));
            tokio::spawn(async move { reader::run(&asked, limits.keys.max(1), &*load).await });
        }
        Self { queue }
    }

    /// What stands under a key; `None`: nothing.
    pub async fn get(&self, key: K) -> Result<Option<V>, GetError<E>> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask { key, answer };
        self.queue.try_send(ask).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => GetError::Full,
            mpsc::error::TrySendError::Closed(_) => GetError::BrokenOff,
        })?;
        match answered.await {
            Ok(found) => found.map_err(GetError::Failed),
            Err(_) => Err(GetError::BrokenOff),
        }
    }
}
