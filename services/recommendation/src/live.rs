//! The index that answers, and how it is replaced while it does.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::domain::{Fact, Index, IndexFull};

/// How often the writer looks whether the last reader has left the copy that it wants to change. A
/// reader computes one answer, which takes some milliseconds at most.
const READER_POLL: Duration = Duration::from_millis(1);

/// The baskets have not been read yet.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the baskets are still being loaded")]
pub(crate) struct Loading;

/// What readers see: always a whole index, never one that is being changed, and without a lock.
/// Empty until everything has been loaded once. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Live(Arc<ArcSwapOption<Index>>);

impl Live {
    /// The index of this moment, or `None` while it is loaded for the first time. It stays as it is
    /// for as long as it is held; do not hold it over an `await`.
    pub(crate) fn read(&self) -> Option<Arc<Index>> {
        self.0.load_full()
    }

    /// Whether there is an index to answer from.
    pub(crate) fn check(&self) -> Result<(), Loading> {
        if self.0.load().is_some() {
            Ok(())
        } else {
            Err(Loading)
        }
    }

    /// Shows a loaded index to the readers and keeps it current from now on.
    pub(crate) fn publish(&self, index: Index) -> Writer {
        let spare = Arc::new(index.clone());
        self.0.store(Some(Arc::new(index)));
        Writer {
            live: self.clone(),
            spare,
            behind: Vec::new(),
        }
    }
}

/// Changes the index. There are two copies: readers have one while the writer changes the other;
/// then they change places. So a change costs twice its own work, not a copy of everything, and the
/// memory is that of two indexes (names and product ids are shared).
pub(crate) struct Writer {
    live: Live,
    /// The copy that readers do not get. Some may still be computing on it.
    spare: Arc<Index>,
    /// What the other copy has and this one has not.
    behind: Vec<Fact>,
}

impl Writer {
    /// Takes in facts; readers see them when this returns. Waits for readers who began before the
    /// last change and are still computing.
    pub(crate) async fn apply(&mut self, facts: Vec<Fact>) -> Result<(), IndexFull> {
        let behind = std::mem::take(&mut self.behind);
        while Arc::get_mut(&mut self.spare).is_none() {
            tokio::time::sleep(READER_POLL).await;
        }
        if let Some(index) = Arc::get_mut(&mut self.spare) {
            behind
                .iter()
                .chain(&facts)
                .try_for_each(|fact| index.apply(fact))?;
        }
        if let Some(shown) = self.live.0.swap(Some(Arc::clone(&self.spare))) {
            self.spare = shown;
        }
        self.behind = facts;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{Item, Items};

    fn sale(id: usize) -> Fact {
        let item = Item {
            product_id: "tea".to_owned(),
            name: String::new(),
        };
        Fact::sold(id.to_string(), Timestamp::UNIX_EPOCH, Items::new([item]))
    }

    #[tokio::test]
    async fn every_fact_reaches_both_copies_and_a_held_index_does_not_change() {
        let live = Live::default();
        assert!(live.read().is_none());
        let mut writer = live.publish(Index::default());
        for count in 1..=5 {
            let before = live.read().unwrap();
            writer.apply(vec![sale(count)]).await.unwrap();
            assert_eq!(before.basket_count(), count as u64 - 1);
            assert_eq!(live.read().unwrap().basket_count(), count as u64);
        }
    }

    #[tokio::test]
    async fn the_writer_waits_for_a_reader_of_the_copy_it_wants() {
        let live = Live::default();
        let mut writer = live.publish(Index::default());
        let slow_reader = live.read().unwrap();
        writer.apply(vec![sale(1)]).await.unwrap();
        let mut second = std::pin::pin!(writer.apply(vec![sale(2)]));
        assert!(
            tokio::time::timeout(READER_POLL * 5, &mut second)
                .await
                .is_err()
        );
        assert_eq!(slow_reader.basket_count(), 0);
        drop(slow_reader);
        second.await.unwrap();
        assert_eq!(live.read().unwrap().basket_count(), 2);
    }
}
