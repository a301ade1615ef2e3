use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many wait for their turn at most. In a release build that is a wait of some 40 ms.
const MAX_WAITING: usize = 256;

/// Long computations that come from outside, a few at a time: whoever sends many must not have all
/// processors.
pub(super) struct Turns {
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Turns {
    /// At most half of the processors compute.
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::with(processors.div_ceil(2), MAX_WAITING)
    }

    fn with(running: usize, waiting: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(running)),
            waiting: Semaphore::new(waiting),
        }
    }

    /// Computes when it is its turn; none when too many wait already.
    pub(super) async fn take<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let waits = self.waiting.try_acquire().ok()?;
        let turn = Arc::clone(&self.running).acquire_owned().await.ok()?;
        drop(waits);
        // The turn goes with the computation, which goes on when its caller has gone.
        let computed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            compute()
        });
        computed.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::Poll;

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn a_few_compute_some_wait_and_the_rest_is_refused() {
        let turns = Turns::with(1, 1);
        let (release, released) = mpsc::channel::<()>();
        let mut first = Box::pin(turns.take(move || released.recv().is_ok()));
        assert!(poll!(&mut first).is_pending());
        let mut second = Box::pin(turns.take(|| 2));
        assert!(poll!(&mut second).is_pending());
        assert_eq!(poll!(Box::pin(turns.take(|| 3))), Poll::Ready(None));
        release.send(()).unwrap();
        assert_eq!((first.await, second.await), (Some(true), Some(2)));
        assert_eq!(turns.take(|| 4).await, Some(4));
    }
}
