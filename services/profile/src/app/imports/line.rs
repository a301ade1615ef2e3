//! Two batches of a file that are under way at once.
//!
//! A batch whose rows name nobody whom the rows before it name is begun as soon as the batch before has locked its people, by
//! a transaction of its own. That one ends after the other: how far the import is grows batch by batch, so that a
//! file goes on where it broke off. When anything comes between, the batch starts anew once the one before is done.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::batch::ReadRow;
use super::error::BatchError;

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Begun,
    /// It has the locks on people that it needs, but for those whom it makes.
    Locked,
    /// It is tried again: nobody else is to be in its way.
    Alone,
    Done,
}

/// Where a batch stands among others.
#[derive(Debug)]
pub(super) struct Line {
    /// The one that it may be begun behind.
    pub(super) before: Option<Before>,
    stage: watch::Sender<Stage>,
}

/// The batch before.
#[derive(Clone, Debug)]
pub(super) struct Before(watch::Receiver<Stage>);

impl Line {
    /// A place in the line, and how who comes next sees it.
    pub(super) fn new(before: Option<Before>) -> (Self, Before) {
        let (stage, seen) = watch::channel(Stage::Begun);
        (Self { before, stage }, Before(seen))
    }

    /// Tells who comes next.
    pub(super) fn stands(&self, stage: Stage) {
        self.stage.send_replace(stage);
    }
}

impl Before {
    /// Waits until the next one gets no lock that this one still needs.
    pub(super) async fn has_its_locks(&self) -> Result<(), BatchError> {
        self.wait(|stage| *stage != Stage::Begun).await
    }

    /// Waits until the next one may end, too, but no longer than this.
    pub(super) async fn is_done(&self, patience: Duration) -> Result<(), BatchError> {
        let done = timeout(patience, self.wait(|stage| *stage != Stage::Locked)).await;
        done.map_err(|_| BatchError::Race)?
    }

    /// Waits until nothing of it is under way; an error when it failed.
    pub(super) async fn ended(&self) -> Result<(), BatchError> {
        let mut seen = self.0.clone();
        let done = seen.wait_for(|stage| *stage == Stage::Done).await;
        done.map(|_| ()).map_err(|_| BatchError::Race)
    }

    async fn wait(&self, is_over: impl FnMut(&Stage) -> bool) -> Result<(), BatchError> {
        let mut seen = self.0.clone();
        let stage = seen.wait_for(is_over).await;
        match stage.map(|stage| *stage) {
            Ok(Stage::Locked | Stage::Done) => Ok(()),
            // It failed, or is tried again.
            Ok(Stage::Begun | Stage::Alone) | Err(_) => Err(BatchError::Race),
        }
    }
}

/// Whom the rows of a batch name. Names are told apart by hashes: two that are alike are taken for one.
#[derive(Debug)]
pub(super) struct Names(HashSet<u64>);

impl Names {
    pub(super) fn of(rows: &[ReadRow], hasher: &RandomState) -> Self {
        let said = rows.iter().filter_map(|row| row.said.as_ref().ok());
        let names = said.flat_map(|said| {
            let identifiers = said.details.identifiers.iter();
            let identifiers = identifiers.map(|it| hasher.hash_one(&it.key));
            let customer = said.customer.map(|id| hasher.hash_one(id));
            let record = hasher.hash_one(&said.key);
            identifiers.chain(customer).chain([record])
        });
        Self(names.collect())
    }

    /// True when none names anybody whom the other names.
    pub(super) fn are_apart(&self, others: &Self) -> bool {
        self.0.is_disjoint(&others.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_behind_begins_once_the_other_has_its_locks_and_ends_once_it_is_done() {
        let (first, before) = Line::new(None);
        let behind = tokio::spawn(async move {
            before.has_its_locks().await?;
            before.is_done(Duration::from_mins(1)).await
        });
        first.stands(Stage::Locked);
        tokio::task::yield_now().await;
        assert!(!behind.is_finished());
        first.stands(Stage::Done);
        assert!(behind.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn who_is_behind_gives_way_when_the_other_is_tried_again_fails_or_takes_long() {
        for stage in [Some(Stage::Alone), None] {
            let (first, before) = Line::new(None);
            first.stands(Stage::Locked);
            assert!(before.has_its_locks().await.is_ok());
            if let Some(stage) = stage {
                first.stands(stage);
                assert!(before.has_its_locks().await.is_err());
                assert!(before.is_done(Duration::ZERO).await.is_err());
                first.stands(Stage::Done);
                assert!(before.ended().await.is_ok());
            } else {
                assert!(
                    before.is_done(Duration::ZERO).await.is_err(),
                    "it takes too long"
                );
                drop(first);
                assert!(before.is_done(Duration::ZERO).await.is_err());
                assert!(before.ended().await.is_err());
            }
        }
    }
}
