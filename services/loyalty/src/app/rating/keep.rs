//! Keeping what came of it.

use uuid::Uuid;

use super::Desk;
use super::entry::{Entry, Outcome, Runs};
use crate::app::AppError;
use crate::domain::sales::{EarnedBy, Fault};
use crate::store::rating::parked::{self, Parked};
use crate::store::rating::ratings::{self, Awards, Rated};
use crate::store::rating::{Key, Keys};
use crate::wire::rating as encode;

impl Desk<'_, '_> {
    pub(super) async fn keep(&mut self, runs: &Runs<'_>) -> Result<(), AppError> {
        let changed = runs.entries().filter(|(_, entry)| entry.has_changed());
        let changed: Vec<(Uuid, &Entry<'_>)> = changed.collect();
        self.keep_awards(&changed).await?;
        let rated = changed.iter().map(|(customer_id, entry)| Rated {
            customer_id: *customer_id,
            moment: entry.moment.clone(),
            earnings: entry.earnings.clone(),
        });
        let rated: Vec<Rated> = rated.collect();
        ratings::keep(self.tx, &rated, self.books.now()).await?;
        self.park(runs).await
    }

    async fn keep_awards(&mut self, changed: &[(Uuid, &Entry<'_>)]) -> Result<(), AppError> {
        let (mut stale, mut fresh) = (Awards::default(), Awards::default());
        for (customer_id, entry) in changed {
            let before = entry
                .before
                .earnings
                .iter()
                .filter(|before| before.looks_back);
            for award in before.flat_map(|before| &before.awards) {
                stale.push(*customer_id, &entry.moment, (&award.rule_id, award.points));
            }
            for award in &entry.earnings.awards {
                if entry.looks_back(award) {
                    fresh.push(*customer_id, &entry.moment, (&award.rule_id, award.points));
                }
            }
        }
        ratings::forget_awards(self.tx, &stale).await?;
        Ok(ratings::keep_awards(self.tx, &fresh).await?)
    }

    /// Parks what could not be rated, and takes off what could.
    async fn park(&mut self, runs: &Runs<'_>) -> Result<(), AppError> {
        let mut done = Keys::default();
        for (customer_id, entry) in runs.entries() {
            match &entry.outcome {
                Outcome::Parked(fault) => {
                    let source = entry.moment.source.clone();
                    self.park_one(
                        Key {
                            customer_id,
                            source,
                        },
                        entry,
                        fault.clone(),
                    )
                    .await?;
                }
                // Only what was tried again can have been parked, or what had a fault of its own.
                _ if entry.is_new() => {}
                _ => done.push(customer_id, &entry.moment.source, entry.moment.at),
            }
        }
        if !done.is_empty() {
            parked::release(self.tx, &done).await?;
        }
        for (customer_id, moment) in &runs.rest {
            let program = &self.books.holder(*customer_id)?.program;
            let parked = Parked {
                key: Key {
                    customer_id: *customer_id,
                    source: moment.source.clone(),
                },
                fault: Fault::TooMuchAfter,
                program_id: program.program_id.clone(),
                // None is in force, so it is tried again at once.
                tried_version: 0,
                parked_at: self.books.now(),
                attempts: 1,
            };
            parked::park(self.tx, &parked).await?;
        }
        Ok(())
    }

    async fn park_one(
        &mut self,
        key: Key,
        entry: &Entry<'_>,
        fault: Fault,
    ) -> Result<(), AppError> {
        let customer_id = key.customer_id;
        let program = &self.books.holder(customer_id)?.program;
        tracing::warn!(
            customer.id = %customer_id,
            reference = entry.reference(),
            %fault,
            "a purchase or act can't be rated and is parked"
        );
        let event = encode::parked(customer_id, entry, &fault);
        let parked = Parked {
            key,
            fault,
            program_id: program.program_id.clone(),
            tried_version: program.version,
            parked_at: self.books.now(),
            attempts: 1,
        };
        parked::park(self.tx, &parked).await?;
        self.announce(customer_id, entry.trace, &event);
        Ok(())
    }
}

impl Entry<'_> {
    fn has_changed(&self) -> bool {
        self.before.earnings.as_ref() != Some(&self.earnings)
    }

    fn looks_back(&self, award: &EarnedBy) -> bool {
        crate::domain::rating::looks_back(&self.program, &award.rule_id)
    }
}
