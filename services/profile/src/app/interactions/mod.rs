//! Recording interactions: batches of any size, for any customers, each in one transaction.
//!
//! 1. Identifiers become customers, as with orders (`intake/people.rs`).
//! 2. The customers are held, so that nobody removes them meanwhile.
//! 3. The ids of the sources are registered: what was there before is recorded already, or in conflict.
//! 4. What is new is written, with one statement; where a health policy looks at it, people are due.
//!
//! Nothing adds up from interactions, so batches about one person need not stand in a row.

mod months;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chassis::Deadline;
use seal::store::dead_among;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::intake::people::People;
use super::intake::{IntakeError, Who};
use super::{App, announce};
use crate::domain::book::Refused;
use crate::domain::ids::CustomerId;
use crate::domain::interaction::{Interaction, InteractionKey, RecordedInteraction};
use crate::store::health::heard;
use crate::store::interactions;

/// How often a transaction is tried that others get in the way of.
const ATTEMPTS: u32 = 5;

/// An interaction, and with whom.
pub(crate) type Item = (Who, Interaction);

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Recorded,
    AlreadyRecorded,
    /// The source has told something else under the same id.
    Conflict,
    /// Nobody is there whom it could be of.
    Refused(Refused),
}

impl App {
    /// Records the items; answers what became of each.
    pub(crate) async fn record_interactions(
        &self,
        deadline: Deadline,
        items: &[Item],
    ) -> Result<Vec<Verdict>, IntakeError> {
        self.make_months_of(items).await;
        let mut attempt = 1;
        loop {
            match self.try_record_interactions(deadline, items).await {
                Err(error) if error.is_race() && attempt < ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }

    async fn try_record_interactions(
        &self,
        deadline: Deadline,
        items: &[Item],
    ) -> Result<Vec<Verdict>, IntakeError> {
        let mut tx = self.db.begin_with_deadline(deadline.remaining()).await?;
        let named = items.iter().map(|(who, _)| who);
        let people = People::find(self, &mut tx, named).await?;
        let present = present(&mut tx, items, &people).await?;
        let admitted = admitted(&mut tx, items, &people, &present).await?;
        let verdicts = verdicts(&mut tx, items, &admitted).await?;
        let is_new = |(_, verdict): &(&Item, &Verdict)| **verdict == Verdict::Recorded;
        let new: Vec<&Item> = items
            .iter()
            .zip(&verdicts)
            .filter(is_new)
            .map(|(it, _)| it)
            .collect();
        if new.is_empty() {
            // Identifiers that were taken for nothing go with the transaction.
            return Ok(verdicts);
        }
        let told = new.iter().map(|(who, it)| (who, it.time));
        let created = people.create(self, &mut tx, told).await?;
        let recorded: Vec<_> = new
            .iter()
            .filter_map(|item| self.recorded(item, &people))
            .collect();
        interactions::insert(&mut tx, &recorded).await?;
        let homes: BTreeSet<Uuid> = recorded.iter().map(|it| it.customer.0).collect();
        let homes: Vec<Uuid> = homes.into_iter().collect();
        heard::mark(&mut tx, &homes, self.now()).await?;
        let events: Vec<_> = created.iter().map(announce::created).collect();
        self.outbox.append_all(&mut tx, &events).await?;
        tx.commit().await?;
        self.outbox.committed();
        Ok(verdicts)
    }

    fn recorded(&self, (who, it): &Item, people: &People) -> Option<RecordedInteraction> {
        Some(RecordedInteraction {
            interaction: it.clone(),
            customer: people.of(who)?,
            entry_id: self.clock.new_id(),
            record_time: self.now(),
        })
    }
}

/// The customers who exist, and those who are about to.
async fn present(
    db: &mut PgTransaction<'_>,
    items: &[Item],
    people: &People,
) -> Result<HashSet<CustomerId>, IntakeError> {
    let new = people.to_be_made();
    let meant: HashSet<_> = items.iter().filter_map(|(who, _)| people.of(who)).collect();
    let stored: Vec<Uuid> = meant
        .iter()
        .filter(|id| !new.contains(*id))
        .map(|id| id.0)
        .collect();
    let mut present = interactions::hold_customers(db, &stored).await?;
    present.extend(new);
    Ok(present)
}

/// Whether somebody is there whom each item is of, and why not.
async fn admitted(
    db: &mut PgTransaction<'_>,
    items: &[Item],
    people: &People,
    present: &HashSet<CustomerId>,
) -> Result<Vec<Result<(), Refused>>, IntakeError> {
    let named = items.iter().filter_map(|(who, _)| people.of(who));
    let absent: Vec<Uuid> = named
        .filter(|id| !present.contains(id))
        .map(|id| id.0)
        .collect();
    let erased = if absent.is_empty() {
        HashSet::new()
    } else {
        dead_among(&mut **db, &absent).await?
    };
    let admit = |(who, _): &Item| match people.admitted(who)? {
        id if present.contains(&id) => Ok(()),
        id if erased.contains(&id.0) => Err(Refused::CustomerErased),
        _ => Err(Refused::CustomerNotFound),
    };
    Ok(items.iter().map(admit).collect())
}

async fn verdicts(
    db: &mut PgTransaction<'_>,
    items: &[Item],
    admitted: &[Result<(), Refused>],
) -> Result<Vec<Verdict>, IntakeError> {
    let mut first: BTreeMap<&InteractionKey, (usize, [u8; 16])> = BTreeMap::new();
    for (at, ((_, it), admitted)) in items.iter().zip(admitted).enumerate() {
        if admitted.is_ok() {
            first.entry(&it.key).or_insert_with(|| (at, it.digest()));
        }
    }
    let digests: Vec<_> = first
        .iter()
        .map(|(key, (_, digest))| (*key, *digest))
        .collect();
    let new = interactions::register(db, &digests).await?;
    let old = digests
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| !new.contains(*key));
    let old: Vec<_> = old.collect();
    let known = if old.is_empty() {
        HashMap::new()
    } else {
        interactions::digests(db, &old).await?
    };
    let told = |at: usize, it: &Interaction| {
        let first = first.get(&it.key);
        if new.contains(&it.key) && first.is_some_and(|(place, _)| *place == at) {
            return Verdict::Recorded;
        }
        let recorded = known.get(&it.key).map(Vec::as_slice);
        if recorded.or(first.map(|(_, digest)| digest.as_slice())) == Some(&it.digest()) {
            Verdict::AlreadyRecorded
        } else {
            Verdict::Conflict
        }
    };
    let verdict = |(at, ((_, it), admitted)): (usize, (&Item, &Result<(), Refused>))| {
        let refused = admitted.clone().err().map(Verdict::Refused);
        refused.unwrap_or_else(|| told(at, it))
    };
    Ok(items
        .iter()
        .zip(admitted)
        .enumerate()
        .map(verdict)
        .collect())
}
