//! Calls that move points rarely, each in a transaction of its own.

use chassis::{Deadline, Refusal};
use futures_util::future::BoxFuture;
use idempotency::{Claim, Key};
use prost::{Message, Name};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::{Books, Need};
use crate::app::{AppError, Loyalty};

impl Loyalty {
    /// Does something on the books once for each request, however often it comes: claims its key,
    /// opens the books, works, writes, and keeps the outcome, refusals too. `work` reads and writes
    /// what is its own in the same transaction; whatever it refuses leaves nothing behind.
    ///
    /// For calls that come often there is [`Writer`](crate::app::writer::Writer).
    pub(crate) async fn transact<Q, R, E>(
        &self,
        (key, request): (Key, &Q),
        needs: &[Need],
        deadline: Deadline,
        work: impl for<'a> FnOnce(
            &'a mut PgTransaction<'static>,
            &'a mut Books,
        ) -> BoxFuture<'a, Result<R, E>>,
    ) -> Result<Response<R>, Status>
    where
        Q: Message + Name,
        R: Message + Default,
        E: From<AppError> + Into<Refusal>,
    {
        let now = self.now();
        match idempotency::claim(&self.db, deadline, key, request, now).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.on_books(claimed.transaction(), needs, work).await;
                let answer = claimed.finish(outcome.map_err(E::into)).await;
                self.outbox.committed();
                answer
            }
        }
    }

    async fn on_books<R, E: From<AppError>>(
        &self,
        tx: &mut PgTransaction<'static>,
        needs: &[Need],
        work: impl for<'a> FnOnce(
            &'a mut PgTransaction<'static>,
            &'a mut Books,
        ) -> BoxFuture<'a, Result<R, E>>,
    ) -> Result<R, E> {
        let mut books = Books::open(self, tx, needs).await?;
        let done = work(tx, &mut books).await?;
        books.write(tx).await?;
        Ok(done)
    }
}
