//! The partitions of interactions are made ahead of time, and for the past when something late comes.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::Item;
use crate::app::App;
use crate::store::{StoreError, interactions};

/// How often it is looked whether the next months have their partitions.
const PAUSE: Duration = Duration::from_hours(1);
/// How many months ahead.
const AHEAD: usize = 2;

impl App {
    /// Makes partitions ahead of time until the service stops.
    pub(crate) async fn keep_making_months(self, stop: CancellationToken) {
        let mut interval = tokio::time::interval(PAUSE);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(interval.tick()).await.is_some() {
            let present = month_of(self.now());
            let later = std::iter::successors(Some(present), |month| next(*month));
            self.make_months(later.take(AHEAD + 1).collect()).await;
        }
    }

    /// Makes those for which these items are the first.
    pub(super) async fn make_months_of(&self, items: &[Item]) {
        self.make_months(items.iter().map(|(_, it)| month_of(it.time)).collect())
            .await;
    }

    /// What can't be made is no reason not to record: there is a partition for the rest.
    async fn make_months(&self, months: BTreeSet<Date>) {
        if let Err(error) = self.try_make_months(&months).await {
            tracing::warn!(%error, "partitions of interactions could not be made");
        }
    }

    async fn try_make_months(&self, months: &BTreeSet<Date>) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let missing = interactions::missing_months(&mut tx, months).await?;
        if !missing.is_empty() {
            interactions::make_months(&mut tx, &missing).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn month_of(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date().first_of_month()
}

fn next(month: Date) -> Option<Date> {
    month.last_of_month().tomorrow().ok()
}
