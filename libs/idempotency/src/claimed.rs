use std::marker::PhantomData;

use chassis::Refusal;
use postgres::Database;
use prost::{Message, Name};
use sqlx::{Postgres, Transaction};
use tonic::{Response, Status};

use crate::asked::Asked;
use crate::error::refuse;
use crate::outcome;

/// A key that is claimed for as long as this transaction is open. Dropping it gives the key back
/// and undoes the work.
#[derive(Debug)]
pub struct Claimed<Q, R> {
    db: Database,
    tx: Transaction<'static, Postgres>,
    asked: Asked,
    types: PhantomData<fn(Q) -> R>,
}

impl<Q: Name, R: Message + Default> Claimed<Q, R> {
    pub(crate) fn new(db: Database, tx: Transaction<'static, Postgres>, asked: Asked) -> Self {
        Self {
            db,
            tx,
            asked,
            types: PhantomData,
        }
    }

    /// The transaction in which the work is to be done.
    pub fn transaction(&mut self) -> &mut Transaction<'static, Postgres> {
        &mut self.tx
    }

    /// Ends the request:
    /// - an answer is stored and committed together with the work;
    /// - a refusal that the caller has caused is stored, but nothing of the work;
    /// - after anything else (INTERNAL, UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED, …) nothing is
    ///   stored, and the same request may be tried again.
    ///
    /// # Errors
    /// The refusal that was given; or, when the database fails, UNAVAILABLE, DEADLINE_EXCEEDED or
    /// INTERNAL, and the same request again tells what became of this one.
    pub async fn finish(self, outcome: Result<R, Refusal>) -> Result<Response<R>, Status> {
        match outcome {
            Ok(reply) => Ok(Response::new(self.keep(reply).await?)),
            Err(refusal) if outcome::is_final(&refusal) => self.keep_refusal(refusal).await,
            Err(refusal) => {
                // A connection that can't even roll back is closed, which does the same.
                let _ = self.tx.rollback().await;
                Err(refusal.into())
            }
        }
    }

    async fn keep(mut self, reply: R) -> Result<R, Refusal> {
        let encoded = reply.encode_to_vec();
        self.asked.keep_reply(&mut self.tx, encoded).await?;
        self.tx.commit().await.map_err(refuse)?;
        Ok(reply)
    }

    /// The work's writes go with its transaction, and the claim with them. Should another call with
    /// the same key come in between and finish, then its outcome is everybody's.
    async fn keep_refusal(self, refusal: Refusal) -> Result<Response<R>, Status> {
        self.tx.rollback().await.map_err(refuse)?;
        let mut connection = self.db.pool().acquire().await.map_err(refuse)?;
        let stored = refusal.to_stored();
        if self.asked.insert(&mut *connection, Some(&stored)).await? {
            return Err(refusal.into());
        }
        self.asked.stored_answer::<Q, R>(&mut connection).await?
    }
}
