use std::collections::HashMap;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Where a caller waits.
type Answer<V, E> = oneshot::Sender<Result<Option<V>, E>>;

/// A key that somebody waits for.
#[derive(Debug)]
pub(crate) struct Ask<K, V, E> {
    pub(crate) key: K,
    pub(crate) answer: Answer<V, E>,
}

/// Reads batches until nobody can ask any more. Others do the same with the same queue.
pub(crate) async fn run<K, V, E, F>(
    asked: &Mutex<mpsc::Receiver<Ask<K, V, E>>>,
    most: usize,
    load: &(impl Fn(Vec<K>) -> F + Sync),
) where
    K: Clone + Eq + Hash + Send + Sync,
    V: Clone + Send,
    E: Clone + Send,
    F: Future<Output = Result<HashMap<K, V>, E>> + Send,
{
    let mut batch = Vec::with_capacity(most);
    // The lock is let go before the batch is read, so that another one gathers the next.
    while { asked.lock().await.recv_many(&mut batch, most).await } > 0 {
        let waiting = by_key(batch.drain(..));
        if waiting.is_empty() {
            continue;
        }
        let read = read(waiting, load);
        // A panic breaks off its batch, whose callers are told so by their channels, and no other.
        if AssertUnwindSafe(read).catch_unwind().await.is_err() {
            tracing::error!("a batch of reads panicked");
        }
    }
}

/// Who waits for which key, without those who have given up.
fn by_key<K: Eq + Hash, V, E>(
    asked: impl Iterator<Item = Ask<K, V, E>>,
) -> HashMap<K, Vec<Answer<V, E>>> {
    let mut waiting: HashMap<K, Vec<_>> = HashMap::new();
    for Ask { key, answer } in asked.filter(|ask| !ask.answer.is_closed()) {
        waiting.entry(key).or_default().push(answer);
    }
    waiting
}

async fn read<K, V, E, F>(waiting: HashMap<K, Vec<Answer<V, E>>>, load: &impl Fn(Vec<K>) -> F)
where
    K: Clone + Eq + Hash,
    V: Clone,
    E: Clone,
    F: Future<Output = Result<HashMap<K, V>, E>>,
{
    let mut found = load(waiting.keys().cloned().collect()).await;
    for (key, callers) in waiting {
        match &mut found {
            Ok(found) => tell_all(callers, Ok(found.remove(&key))),
            Err(error) => tell_all(callers, Err(error.clone())),
        }
    }
}

/// Answers all; the last one without another copy.
fn tell_all<V: Clone, E: Clone>(mut callers: Vec<Answer<V, E>>, answer: Result<Option<V>, E>) {
    let last = callers.pop();
    for caller in callers {
        // Whoever has given up meanwhile needs no answer.
        drop(caller.send(answer.clone()));
    }
    if let Some(last) = last {
        drop(last.send(answer));
    }
}
