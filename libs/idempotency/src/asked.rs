use chassis::Refusal;
use jiff::Timestamp;
use prost::{Message, Name};
use sqlx::{PgConnection, PgExecutor};
use tonic::{Response, Status};

use crate::error::{CorruptRecord, refuse};
use crate::fingerprint::Fingerprint;
use crate::{Keeping, Key, outcome, store};

/// A request of a claim: its key, what is remembered of it, and how.
#[derive(Debug)]
pub(crate) struct Asked {
    key: Key,
    request: Fingerprint,
    keeping: Keeping,
    now: Timestamp,
}

impl Asked {
    pub(crate) fn new<Q: Message + Name>(
        key: Key,
        request: &Q,
        keeping: Keeping,
        now: Timestamp,
    ) -> Self {
        let request = Fingerprint::of(&key, request);
        Self {
            key,
            request,
            keeping,
            now,
        }
    }

    /// Inserts the key, with its outcome when that is a refusal. False when it is there already.
    pub(crate) async fn insert(
        &self,
        executor: impl PgExecutor<'_>,
        refusal: Option<&[u8]>,
    ) -> Result<bool, Refusal> {
        let digests = self.keeping.digests(&self.key, &self.request);
        let digests = digests.map_err(Refusal::internal)?;
        let inserted = store::insert(executor, &self.key, &digests, refusal, self.now).await;
        inserted.map_err(refuse)
    }

    /// Writes the answer beside the key that this transaction has inserted.
    pub(crate) async fn keep_reply(
        &self,
        connection: &mut PgConnection,
        reply: Vec<u8>,
    ) -> Result<(), Refusal> {
        let answer = self.keeping.answer(&self.key, reply);
        let answer = answer.map_err(Refusal::internal)?;
        let kept = store::keep_reply(connection, &self.key, &answer).await;
        kept.map_err(refuse)
    }

    /// What the record of a key that exists answers to the request.
    pub(crate) async fn stored_answer<Q: Name, R: Message + Default>(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Result<Response<R>, Status>, Refusal> {
        let record = store::load(connection, &self.key).await.map_err(refuse)?;
        let record = record.ok_or_else(|| Refusal::internal(CorruptRecord::Vanished))?;
        let record = match outcome::opened(record, &self.key, &self.request, &self.keeping) {
            Ok(record) => record,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        Ok(outcome::replay::<Q, R>(&record, &self.request))
    }
}
