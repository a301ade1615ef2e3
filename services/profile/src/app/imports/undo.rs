//! An import is taken back, in the background, by batches: each takes away some of what the import said and
//! writes the golden records that follow, so it may be killed anywhere.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use seal::Keyring;
use sqlx::PgTransaction;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use uuid::Uuid;

use super::batch::{Effect, persons};
use super::error::BatchError;
use super::part::Parted;
use super::people;
use crate::app::identity::trust;
use crate::app::{App, announce};
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::source::SourceId;
use crate::domain::ids::{CustomerId, ImportId};
use crate::domain::imports::crowd::Crowd;
use crate::domain::imports::{Import, State};
use crate::refusals::imports as refusals;
use crate::store::{customers, identifiers, imports, source_keys, sources, traits};
use crate::wire;

const METHOD: &str = "patron.profile.v1.ImportService/UndoImport";

/// How often it is looked whether there is something to take back.
const PAUSE: Duration = Duration::from_millis(500);
/// Most sources that are taken away together.
const BATCH: i64 = 500;
/// Time for a batch.
const TIME: Duration = Duration::from_secs(30);

impl App {
    /// Has an import taken back, once per `request_id`.
    pub(crate) async fn undo_import(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UndoImportRequest,
        id: ImportId,
    ) -> Result<Response<proto::Import>, Status> {
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.begin_undo(claimed.transaction(), id).await;
                claimed.finish(outcome.map(wire::imports::encode)).await
            }
        }
    }

    async fn begin_undo(
        &self,
        db: &mut PgTransaction<'_>,
        id: ImportId,
    ) -> Result<Import, Refusal> {
        let import = imports::lock(db, id).await?;
        let mut import = import.ok_or_else(refusals::not_found)?;
        if import.undo(self.now()) {
            imports::update(db, &import).await?;
        }
        Ok(import)
    }

    /// Takes back what is to be taken back, until the service stops.
    pub(crate) async fn keep_undoing(self, stop: CancellationToken) {
        let mut interval = tokio::time::interval(PAUSE);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(interval.tick()).await.is_some() {
            while !stop.is_cancelled() {
                match self.undo_some().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    // At once they would be in the way again.
                    Err(error) if error.is_race() => break,
                    Err(error) => {
                        tracing::warn!(%error, "an import could not be taken back");
                        break;
                    }
                }
            }
        }
    }

    /// Takes back a batch of the oldest import that is to be; false when there is none.
    pub(super) async fn undo_some(&self) -> Result<bool, BatchError> {
        let deadline = Deadline::after(TIME);
        let mut tx = self.db.begin_with_deadline(deadline.remaining()).await?;
        // Replicas share the work by import.
        let Some(mut import) = imports::lock_undoing(&mut tx).await? else {
            return Ok(false);
        };
        let said = sources::of_import(&mut tx, import.id, BATCH).await?;
        if said.is_empty() {
            import.state = State::Undone;
        } else {
            let removed = self.forget(&mut tx, &import, &said).await?;
            let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            import.counts.undone = import.counts.undone.saturating_add(count(said.len()));
            import.counts.removed = import.counts.removed.saturating_add(count(removed));
        }
        import.update_time = import.update_time.max(self.now());
        imports::update(&mut tx, &import).await?;
        tx.commit().await?;
        self.outbox.committed();
        Ok(true)
    }

    /// Takes these sources away; answers how many customers went with them.
    async fn forget(
        &self,
        db: &mut PgTransaction<'_>,
        import: &Import,
        said: &[(CustomerId, SourceId)],
    ) -> Result<usize, BatchError> {
        let parted = self.part_joined(db, import, said).await?;
        let mut crowd = crowd_of(db, &self.keyring, said, &parted).await?;
        let silent = crowd.forget(import.id, said, (&trust(), self.now()));
        let homes: BTreeSet<Uuid> = said.iter().map(|(home, _)| home.0).collect();
        let homes: Vec<_> = homes.into_iter().collect();
        let mut set = self.taken_back(db, import, &homes).await?;
        let removed = removable(db, &silent).await?;
        set.without(|home| removed.contains(&home));
        let persons = persons(&crowd, &set);
        let gone = sources::remove(db, said).await?;
        source_keys::release(db, &gone).await?;
        let mut changes = crowd.changes();
        changes
            .changed
            .retain(|(customer, _)| !removed.contains(&customer.id));
        let events = removed.iter().map(|id| announce::removed(*id, import.id));
        let effect = Effect {
            changes,
            set,
            persons,
            others: events.collect(),
        };
        self.write(db, import, effect).await?;
        if !removed.is_empty() {
            let ids: Vec<_> = removed.iter().map(|id| id.0).collect();
            customers::remove(db, &ids).await?;
        }
        // Those who were parted were never anybody's customer by themselves.
        let was_parted = |id: &&CustomerId| parted.iter().any(|it| it.newcomer == **id);
        let parted = removed.iter().filter(was_parted).count();
        Ok(removed.len().saturating_sub(parted))
    }
}

/// Those under whose ids the import has spoken, locked, with all that was said of them.
async fn crowd_of(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    said: &[(CustomerId, SourceId)],
    parted: &[Parted],
) -> Result<Crowd, BatchError> {
    let homes = said.iter().map(|(home, _)| *home);
    // Of whom they were parted from nobody may say anything any more.
    let homes: BTreeSet<_> = homes.chain(parted.iter().map(|it| it.from)).collect();
    let ids: Vec<Uuid> = homes.iter().map(|home| home.0).collect();
    let locked = people::lock(db, keyring, &ids).await?;
    let is_had = |home: &CustomerId| locked.iter().any(|it| it.homes().has(*home));
    if !homes.iter().all(is_had) {
        return Err(BatchError::Race);
    }
    let mut crowd = Crowd::default();
    people::load(db, keyring, &mut crowd, locked).await?;
    let keys: Vec<IdentifierKey> = crowd.identifiers().into_iter().collect();
    if !keys.is_empty() {
        crowd.register(
            identifiers::registered(db, keyring, &keys).await?,
            HashMap::new(),
        );
    }
    Ok(crowd)
}

/// Of those of whom nobody says anything, the ones who did nothing either. Nobody records anything of them from
/// here on.
async fn removable(
    db: &mut PgTransaction<'_>,
    silent: &[CustomerId],
) -> Result<BTreeSet<CustomerId>, BatchError> {
    if silent.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<Uuid> = silent.iter().map(|id| id.0).collect();
    traits::lock(db, &ids).await?;
    let unused = customers::unused(db, &ids).await?;
    Ok(unused.into_iter().collect())
}
