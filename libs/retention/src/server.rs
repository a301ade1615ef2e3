//! `RemovalService`: one transaction a call. Only Patron's services get here: its methods are internal.

use std::time::Duration;

use chassis::{Clock, Deadline, Refusal};
use contract::patron::privacy::v1::removal_service_server::RemovalService;
use contract::patron::privacy::v1::{
    CountOldRequest, CountOldResponse, OldRecords, RemoveOldRequest, RemoveOldResponse,
};
use contract::patron::r#type::v1::ErrorReason;
use jiff::Timestamp;
use postgres::{Database, DatabaseError};
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::store::{self, Old};

/// Time for a call that came without a deadline, which only one within the process can.
const DEFAULT_TIME: Duration = Duration::from_secs(5);

/// Removes what is old in one service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RemovalServer {
    db: Database,
    clock: Clock,
    stores: &'static [&'static str],
}

/// What is to be removed, until when, for which run.
struct Batch {
    old: Old,
    run_id: Uuid,
    expires_at: Timestamp,
    most: i32,
}

impl RemovalServer {
    /// Of a service whose tables are in `db`, and whose functions know these stores.
    #[must_use]
    pub fn new(db: Database, clock: Clock, stores: &'static [&'static str]) -> Self {
        Self { db, clock, stores }
    }

    fn old(&self, records: Option<OldRecords>) -> Result<Old, Refusal> {
        let records = records.unwrap_or_default();
        let known = self.stores.iter().find(|known| **known == records.store);
        let held = records.held_customer_ids.iter();
        let held: Result<_, _> = held.map(|id| Uuid::try_parse(id)).collect();
        Ok(Old {
            store: known.ok_or_else(|| broken("records.store", "is no store of this service"))?,
            cut_off: instant("records.cut_off_time", records.cut_off_time)?,
            held: held.map_err(|_| broken("records.held_customer_ids", "must be UUIDs"))?,
        })
    }

    fn batch(&self, request: RemoveOldRequest) -> Result<Batch, Refusal> {
        let run_id = Uuid::try_parse(&request.run_id);
        Ok(Batch {
            old: self.old(request.records)?,
            run_id: run_id.map_err(|_| broken("run_id", "must be a UUID"))?,
            expires_at: instant("expire_time", request.expire_time)?,
            most: request.batch_size,
        })
    }

    /// What is left until an instant; refused when it has come.
    fn left(&self, until: Timestamp) -> Result<Duration, Refusal> {
        let left = until.duration_since(self.clock.now());
        let left = Duration::try_from(left).unwrap_or_default();
        if left.is_zero() {
            Err(expired())
        } else {
            Ok(left)
        }
    }

    async fn remove(&self, batch: &Batch, time: Duration) -> Result<RemoveOldResponse, Refusal> {
        let time = time.min(self.left(batch.expires_at)?);
        let mut tx = self.db.begin_with_deadline(time).await.map_err(refuse)?;
        let old = &batch.old;
        let removed = store::remove(&mut tx, old, batch.most).await;
        let removed = removed.map_err(refuse)?;
        let done = removed == 0;
        let held_count = if done {
            store::count(&mut tx, old).await.map_err(refuse)?.held
        } else {
            0
        };
        let removed_count = store::add(&mut tx, batch.run_id, old.store, removed).await;
        let removed_count = removed_count.map_err(refuse)?;
        // Whoever was put on hold since then is not in the list.
        self.left(batch.expires_at)?;
        tx.commit().await.map_err(|error| refuse(error.into()))?;
        Ok(RemoveOldResponse {
            removed_count,
            done,
            held_count,
        })
    }

    async fn count(&self, old: &Old, time: Duration) -> Result<CountOldResponse, Refusal> {
        let mut tx = self.db.begin_with_deadline(time).await.map_err(refuse)?;
        let counts = store::count(&mut tx, old).await.map_err(refuse)?;
        Ok(CountOldResponse {
            removable_count: counts.removable,
            held_count: counts.held,
        })
    }
}

#[async_trait::async_trait]
impl RemovalService for RemovalServer {
    async fn remove_old(
        &self,
        request: Request<RemoveOldRequest>,
    ) -> Result<Response<RemoveOldResponse>, Status> {
        let time = time(&request);
        let batch = self.batch(request.into_inner())?;
        Ok(Response::new(self.remove(&batch, time).await?))
    }

    async fn count_old(
        &self,
        request: Request<CountOldRequest>,
    ) -> Result<Response<CountOldResponse>, Status> {
        let time = time(&request);
        let old = self.old(request.into_inner().records)?;
        Ok(Response::new(self.count(&old, time).await?))
    }
}

fn time<T>(request: &Request<T>) -> Duration {
    let deadline = request.extensions().get::<Deadline>();
    deadline.map_or(DEFAULT_TIME, |deadline| deadline.remaining())
}

fn instant(field: &str, sent: Option<prost_types::Timestamp>) -> Result<Timestamp, Refusal> {
    let instant = sent.as_ref().and_then(contract::time::instant);
    instant.ok_or_else(|| broken(field, "must be an instant"))
}

fn broken(field: &str, problem: &str) -> Refusal {
    let message = "the request breaks the contract";
    Refusal::new(Code::InvalidArgument, ErrorReason::InvalidArgument, message).field(field, problem)
}

fn expired() -> Refusal {
    let message = "too late: legal holds may be others by now; nothing was removed";
    Refusal::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlineExceeded,
        message,
    )
}

#[track_caller]
fn refuse(error: DatabaseError) -> Refusal {
    if error.is_unavailable() || error.is_timeout() {
        tracing::warn!(%error, "what is old can't be removed now");
        let message = "the database can't do it now; try again";
        return Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message);
    }
    Refusal::internal(error)
}
