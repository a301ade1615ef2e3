use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::future::{join_all, poll_immediate};
use proptest::prelude::*;
use tokio::sync::Semaphore;

use super::*;

/// A store whose batches wait until they are let through.
#[derive(Clone)]
struct Gate {
    open: Arc<Semaphore>,
    batches: Arc<Mutex<Vec<BTreeSet<u8>>>>,
}

type Reads = Coalescer<u8, String, &'static str>;

impl Gate {
    fn closed() -> Self {
        Self {
            open: Arc::new(Semaphore::new(0)),
            batches: Arc::default(),
        }
    }

    /// Even keys are known; 13 can't be read, 66 is not survived.
    fn reads(&self, limits: Limits) -> Reads {
        let gate = self.clone();
        Coalescer::start(limits, move |keys: Vec<u8>| {
            let gate = gate.clone();
            async move {
                gate.open.acquire().await.unwrap().forget();
                let keys = BTreeSet::from_iter(keys);
                gate.batches.lock().unwrap().push(keys.clone());
                assert!(!keys.contains(&66));
                if keys.contains(&13) {
                    return Err("unlucky");
                }
                let known = keys.into_iter().filter(|key| key % 2 == 0);
                Ok(known.map(|key| (key, key.to_string())).collect())
            }
        })
    }

    fn let_through(&self, batches: usize) {
        self.open.add_permits(batches);
    }

    fn batches(&self) -> Vec<Vec<u8>> {
        let batches = self.batches.lock().unwrap();
        batches
            .iter()
            .map(|keys| keys.iter().copied().collect())
            .collect()
    }
}

fn one_at_a_time() -> Limits {
    Limits {
        batches: 1,
        ..Limits::default()
    }
}

type Got = Result<Option<String>, GetError<&'static str>>;

fn known(key: u8) -> Got {
    let is_known = key.is_multiple_of(2);
    is_known
        .then(|| Some(key.to_string()))
        .ok_or(GetError::Full)
}

#[tokio::test]
async fn whoever_comes_while_a_batch_is_read_is_in_the_next_one_and_each_key_once() {
    let gate = Gate::closed();
    let reads = gate.reads(one_at_a_time());
    let mut first = Box::pin(reads.get(2));
    assert!(poll_immediate(&mut first).await.is_none());
    tokio::task::yield_now().await;
    let mut others = Box::pin(join_all([4, 6, 4, 7, 6].map(|key| reads.get(key))));
    assert!(poll_immediate(&mut others).await.is_none());
    gate.let_through(2);
    assert_eq!(first.await, known(2));
    assert_eq!(
        others.await,
        [known(4), known(6), known(4), Ok(None), known(6)]
    );
    assert_eq!(gate.batches(), [vec![2], vec![4, 6, 7]]);
}

#[tokio::test]
async fn a_batch_that_fails_or_panics_takes_nobody_else_along() {
    let gate = Gate::closed();
    let reads = gate.reads(one_at_a_time());
    gate.let_through(3);
    assert_eq!(reads.get(13).await, Err(GetError::Failed("unlucky")));
    assert_eq!(reads.get(66).await, Err(GetError::BrokenOff));
    assert_eq!(reads.get(2).await, known(2));
}

#[tokio::test]
async fn who_has_given_up_is_not_read_for_and_who_finds_the_queue_full_is_told() {
    let gate = Gate::closed();
    let reads = gate.reads(Limits {
        waiting: 2,
        ..one_at_a_time()
    });
    let mut first = Box::pin(reads.get(2));
    assert!(poll_immediate(&mut first).await.is_none());
    tokio::task::yield_now().await;
    let mut gives_up = Box::pin(reads.get(4));
    assert!(poll_immediate(&mut gives_up).await.is_none());
    let mut stays = Box::pin(reads.get(6));
    assert!(poll_immediate(&mut stays).await.is_none());
    assert_eq!(reads.get(8).await, Err(GetError::Full));
    drop(gives_up);
    gate.let_through(2);
    assert_eq!((first.await, stays.await), (known(2), known(6)));
    assert_eq!(gate.batches(), [vec![2], vec![6]]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn each_caller_gets_what_stands_under_the_own_key_in_batches_within_the_bound(
        keys in prop::collection::vec((0..60_u8).prop_filter("lucky", |key| *key != 13), 1..80),
        (batches, most) in (1..4_usize, 1..9_usize),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let gate = Gate::closed();
        gate.let_through(Semaphore::MAX_PERMITS);
        let answers = runtime.block_on(async {
            let limits = Limits { keys: most, batches, ..Limits::default() };
            let reads = gate.reads(limits);
            join_all(keys.iter().map(|key| reads.get(*key))).await
        });
        for (key, answer) in keys.iter().zip(answers) {
            prop_assert_eq!(answer, Ok((key % 2 == 0).then(|| key.to_string())));
        }
        prop_assert!(gate.batches().iter().all(|batch| (1..=most).contains(&batch.len())));
    }
}
