//! What becomes of referrals and draws because time passes: a task that takes turns.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{AppError, DEFAULT_PROGRAM, Loyalty, draws, referrals};
use crate::domain::program::Program;
use crate::store;
use crate::store::ledger::holders;

/// The rest between two turns: how long the one who brought waits for its reward at most.
const REST: Duration = Duration::from_millis(500);
/// The most programs there can be.
const PROGRAMS: i64 = 100;

/// Takes turns until it is told to stop. A turn that fails is taken again: all of it is found anew.
pub(crate) async fn run(loyalty: Loyalty, stop: CancellationToken) {
    loop {
        if let Err(error) = turn(&loyalty).await {
            tracing::warn!(%error, "referrals and draws wait for the next turn");
        }
        let rest = tokio::time::sleep(REST);
        if stop.run_until_cancelled(rest).await.is_none() {
            return;
        }
    }
}

async fn turn(loyalty: &Loyalty) -> Result<(), AppError> {
    while referrals::settle::settle(loyalty).await? {}
    draws::turn(loyalty).await
}

impl Loyalty {
    /// The programs as they are now; one that has no version in force is left out.
    pub(crate) async fn programs_in_force(&self) -> Result<Vec<Arc<Program>>, AppError> {
        let mut db = self.db.pool().acquire().await?;
        // Makes the default program, should nobody have asked for it yet.
        self.programs.schedule(&mut db, DEFAULT_PROGRAM).await?;
        let now = self.now();
        let rows = store::program::page(&mut *db, None, PROGRAMS).await?;
        let mut programs = Vec::with_capacity(rows.len());
        for row in rows {
            let schedule = self.programs.schedule(&mut db, &row.program_id).await?;
            if let Some(turn) = schedule.turn(now) {
                let version = self
                    .programs
                    .version(&mut db, &row.program_id, turn.version);
                programs.push(version.await?);
            }
        }
        Ok(programs)
    }

    /// The program of a member as it is now.
    pub(crate) async fn program_of(
        &self,
        db: &mut PgConnection,
        customer_id: Uuid,
    ) -> Result<Arc<Program>, AppError> {
        let found = holders::find(&mut *db, customer_id).await?;
        let holder = found.ok_or(AppError::MemberNotFound)?;
        self.programs.at(db, &holder.program_id, self.now()).await
    }
}

#[cfg(test)]
pub(crate) mod testing;
