//! Proving the ledger: verifications are asked for, made in the background, and read.

mod report;
mod run;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use access::Notary;
use chassis::{Deadline, Refusal};
use contract::patron::loyalty::v1 as contract;
use idempotency::{Claim, Keeping, Key};
use tokio::sync::Notify;
use tonic::{Response, Status};
use uuid::Uuid;

use super::read::Page;
use super::{AppError, Loyalty};
use crate::store::verifications::{self, NewVerification, VerificationRow};
use crate::wire;

#[cfg(test)]
pub(crate) use run::{Quiet, verify};

const METHOD: &str = "patron.loyalty.v1.VerificationService/CreateVerification";
/// How often a verification that waits is looked for, where nobody in this process asked for it.
const POLL: Duration = Duration::from_secs(2);

/// Verifications. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Verifications {
    loyalty: Loyalty,
    notary: Option<Notary>,
    is_daily: bool,
    asked: Arc<Notify>,
}

impl Verifications {
    /// Signs reports where there is somebody to do it, and verifies once a day where that is wanted.
    pub(crate) fn new(loyalty: Loyalty, notary: Option<Notary>, is_daily: bool) -> Self {
        Self {
            loyalty,
            notary,
            is_daily,
            asked: Arc::default(),
        }
    }

    /// Asks for a verification; where one waits to begin, that one is the answer.
    pub(crate) async fn create(
        &self,
        caller: &str,
        request: contract::CreateVerificationRequest,
        deadline: Deadline,
    ) -> Result<Response<contract::Verification>, Status> {
        let created = if request.request_id.is_empty() {
            self.ask(caller).await.map_err(Refusal::from)?
        } else {
            let key = Key::new(caller, METHOD, &request.request_id)?;
            let (db, now) = (&self.loyalty.db, self.loyalty.now());
            match idempotency::claim(db, &Keeping::Clear, deadline, key, &request, now).await? {
                Claim::Replayed(answer) => return answer,
                Claim::Fresh(mut claimed) => {
                    let asked = self.ask_in(claimed.transaction(), caller).await;
                    let answer = asked.map(wire::verification).map_err(Refusal::from);
                    let answer = claimed.finish(answer).await;
                    self.asked.notify_one();
                    return answer;
                }
            }
        };
        self.asked.notify_one();
        Ok(Response::new(wire::verification(created)))
    }

    /// A verification.
    pub(crate) async fn find(&self, verification_id: Uuid) -> Result<VerificationRow, AppError> {
        let found = verifications::find(self.loyalty.db.pool(), verification_id).await?;
        found.ok_or(AppError::VerificationNotFound)
    }

    /// A page of verifications, the latest first.
    pub(crate) async fn list(
        &self,
        before: Option<Uuid>,
        size: u16,
    ) -> Result<Page<VerificationRow>, AppError> {
        let pool = self.loyalty.db.pool();
        let rows = verifications::page(pool, before, i64::from(size) + 1).await?;
        Ok(Page::cut(rows, size))
    }

    async fn ask(&self, caller: &str) -> Result<VerificationRow, AppError> {
        let mut connection = self.loyalty.db.pool().acquire().await?;
        self.ask_in(&mut connection, caller).await
    }

    async fn ask_in(
        &self,
        db: &mut sqlx::PgConnection,
        caller: &str,
    ) -> Result<VerificationRow, AppError> {
        let new = NewVerification {
            verification_id: self.loyalty.clock.new_id(),
            created_by: caller,
            created_at: self.loyalty.now(),
            scheduled_for: None,
        };
        Ok(verifications::ask(db, &new).await?)
    }
}
