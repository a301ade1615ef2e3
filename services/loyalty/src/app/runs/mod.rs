//! Work that goes on in the background and leaves a result. It only reads the ledger, so a piece
//! whose process dies is begun anew by another one.

mod error;
mod worker;

use std::sync::Arc;

use chassis::Refusal;
use idempotency::{Claim, Keeping, Key};
use prost::{DecodeError, Message, Name};
use tokio::sync::Notify;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{AppError, Call, Loyalty};
use crate::domain::program::{Document, Program, WalletPolicy};
use crate::store::runs::{self, Kind, NewRun, Run};

pub(crate) use error::RunError;
pub(crate) use worker::{Progress, Worker};

/// Pieces of work of one program that may be open at a time.
const MOST_OPEN: i64 = 20;

/// Lets whoever queues work wake whoever does it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    wake: Arc<Notify>,
}

/// What is to be done, once it has been found sound.
pub(crate) struct Asked {
    /// What.
    pub(crate) kind: Kind,
    /// Of which program.
    pub(crate) program_id: String,
    /// The encoded resource of the contract.
    pub(crate) request: Vec<u8>,
}

impl Runs {
    /// Queues work once for each request, however often it comes. `answer` makes the resource.
    pub(crate) async fn create<Q: Message + Name, R: Message + Default>(
        &self,
        loyalty: &Loyalty,
        call: &Call,
        (method, request_id, request): (&'static str, &str, &Q),
        asked: Asked,
        answer: impl FnOnce(Run) -> Result<R, DecodeError>,
    ) -> Result<Response<R>, Status> {
        let now = loyalty.now();
        let key = Key::new(&call.caller, method, request_id)?;
        match idempotency::claim(
            &loyalty.db,
            &Keeping::Clear,
            call.deadline,
            key,
            request,
            now,
        )
        .await?
        {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let new = NewRun {
                    run_id: loyalty.clock.new_id(),
                    kind: asked.kind,
                    program_id: &asked.program_id,
                    created_by: &call.caller,
                    created_at: now,
                    request: asked.request,
                };
                let queued = queue(claimed.transaction(), new).await;
                let outcome = queued
                    .and_then(|run| Ok(answer(run)?))
                    .map_err(Refusal::from);
                let answer = claimed.finish(outcome).await;
                self.wake.notify_one();
                answer
            }
        }
    }
}

async fn queue(db: &mut sqlx::PgConnection, new: NewRun<'_>) -> Result<Run, RunError> {
    if !runs::queue(&mut *db, &new, MOST_OPEN).await? {
        return Err(RunError::TooMany { most: MOST_OPEN });
    }
    let found = runs::find(db, new.kind, new.program_id, new.run_id).await?;
    found.ok_or(RunError::NotFound { kind: new.kind })
}

/// One piece of work.
pub(crate) async fn find(
    loyalty: &Loyalty,
    kind: Kind,
    program_id: &str,
    run_id: Uuid,
) -> Result<Run, RunError> {
    let found = runs::find(loyalty.db.pool(), kind, program_id, run_id).await?;
    found.ok_or(RunError::NotFound { kind })
}

/// A page of the work of a program, the latest first, and whether there is more.
pub(crate) async fn page(
    loyalty: &Loyalty,
    kind: Kind,
    program_id: &str,
    before: Option<Uuid>,
    size: u16,
) -> Result<(Vec<Run>, bool), RunError> {
    let size = usize::from(size);
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let mut page = runs::page(loyalty.db.pool(), kind, program_id, before, limit).await?;
    let has_more = page.len() > size;
    page.truncate(size);
    Ok((page, has_more))
}

impl From<AppError> for RunError {
    fn from(error: AppError) -> Self {
        Self::App(Box::new(error))
    }
}

/// A program in the version in force now.
pub(crate) async fn program(loyalty: &Loyalty, program_id: &str) -> Result<Arc<Program>, RunError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let now = loyalty.now();
    Ok(loyalty.programs.at(&mut db, program_id, now).await?)
}

/// A point currency of a program; the first one where none is named.
pub(crate) fn wallet<'a>(
    document: &'a Document,
    wallet_id: &str,
) -> Result<&'a WalletPolicy, RunError> {
    if wallet_id.is_empty() {
        return Ok(&document.main_wallet);
    }
    let found = document
        .wallets()
        .find(|wallet| wallet.wallet_id.as_str() == wallet_id);
    found.ok_or_else(|| RunError::Wallet {
        wallet_id: wallet_id.to_owned(),
    })
}
