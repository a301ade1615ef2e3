//! What other services have that is old.
//!
//! A service removes by a list of who is held, under a **lease**: an instant from which on it removes nothing by that
//! list. The lease is written down before the service is asked, under the lock of legal holds, and taken back when it has
//! answered; whoever puts a hold on somebody waits until no lease is left that does not know of it. Nothing is locked
//! while the service works, and nobody waits for one that is gone longer than its lease.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::privacy::v1 as privacy;
use jiff::Timestamp;
use retention::Remover;
use sqlx::PgTransaction;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::app::App;
use crate::domain::privacy::retention::Others;
use crate::domain::privacy::retention::run::{Hindrance, Lease, Progress, Run};
use crate::refusals;
use crate::store::StoreError;
use crate::store::privacy::retention::{self as store, remove};
use crate::wire::{retention as wire, time};

/// Most ids of people on hold that a service is told: what its requests hold.
const MOST_HELD: usize = 10_000;
/// How often whoever puts a hold on somebody looks whether a lease is left.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A service, when its address is known.
type Service = Result<Arc<dyn Remover>, Status>;

impl App {
    /// Has another service remove a batch.
    pub(super) async fn remove_elsewhere(
        &self,
        mut tx: PgTransaction<'static>,
        service: Service,
        others: Others,
        mut run: Run,
    ) -> Result<(), StoreError> {
        let before = run;
        remove::keep_holds(&mut tx).await?;
        let held = store::held(&mut tx).await?;
        if held.len() > MOST_HELD {
            run.hinder(Hindrance::TooManyHeld, self.now());
            store::put_run(&mut tx, &before, &run).await?;
            return Ok(tx.commit().await?);
        }
        let lease = run.lease(self.now());
        store::put_run(&mut tx, &before, &run).await?;
        tx.commit().await?;
        let answer = self.have_removed(service, others, &run, lease, &held).await;
        self.note_progress(others, run, answer).await
    }

    async fn have_removed(
        &self,
        service: Service,
        others: Others,
        run: &Run,
        lease: Lease,
        held: &[Uuid],
    ) -> Result<Progress, Status> {
        let request = privacy::RemoveOldRequest {
            records: Some(wire::old_records(others, run.cut_off, held)),
            run_id: run.id.0.to_string(),
            expire_time: Some(time::encode(lease.expires_at)),
            batch_size: lease.most,
        };
        let left = lease.expires_at.duration_since(self.now());
        let left = Duration::try_from(left).unwrap_or_default();
        let answer = service?.remove(request, left).await?;
        Ok(Progress {
            removed: answer.removed_count,
            held: answer.done.then_some(answer.held_count),
        })
    }

    /// Writes down how far the service came, unless the lease has ended and another replica goes on with the run.
    async fn note_progress(
        &self,
        others: Others,
        leased: Run,
        answer: Result<Progress, Status>,
    ) -> Result<(), StoreError> {
        let mut run = leased;
        match answer {
            Ok(progress) => run.advance(progress, self.now()),
            Err(status) => {
                let (service, code) = (others.service(), status.code());
                tracing::warn!(service, ?code, "what is old can't be removed there now");
                run.hinder(hindrance(&status), self.now());
            }
        }
        let mut tx = self.db.begin().await?;
        store::put_run(&mut tx, &leased, &run).await?;
        Ok(tx.commit().await?)
    }

    /// How much is old in another service: what may go, and what is held.
    pub(super) async fn count_elsewhere(
        &self,
        service: Service,
        deadline: Deadline,
        others: Others,
        cut_off: Timestamp,
    ) -> Result<(i64, i64), Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let held = store::held(&mut tx).await?;
        drop(tx);
        if held.len() > MOST_HELD {
            return Err(refusals::too_many_held());
        }
        let request = privacy::CountOldRequest {
            records: Some(wire::old_records(others, cut_off, &held)),
        };
        let service = service.map_err(refused)?;
        let counts = service.count(request, deadline.remaining()).await;
        let counts = counts.map_err(refused)?;
        Ok((counts.removable_count, counts.held_count))
    }

    /// Waits until no other service removes by a list that may lack the hold that this transaction has put on somebody.
    /// None begins meanwhile: the row of the hold keeps the table from being locked by it.
    pub(in crate::app::privacy) async fn outwait_removals(
        &self,
        tx: &mut PgTransaction<'_>,
        deadline: Deadline,
    ) -> Result<(), Refusal> {
        while store::is_removing_elsewhere(tx, self.now()).await? {
            if deadline.has_passed() {
                return Err(refusals::unavailable());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }
}

/// What an answer means for a run. An answer that did not come may have had its effect: it is asked for again.
fn hindrance(status: &Status) -> Hindrance {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted => {
            Hindrance::Unavailable
        }
        _ => Hindrance::Failed,
    }
}

fn refused(status: Status) -> Refusal {
    match hindrance(&status) {
        Hindrance::Unavailable => refusals::unavailable(),
        Hindrance::Failed | Hindrance::TooManyHeld => Refusal::internal(status),
    }
}
