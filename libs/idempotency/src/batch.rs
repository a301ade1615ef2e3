//! Many requests in one transaction, with one statement for all their keys.
//!
//! A claim inserts its key first and its outcome last. A batch decides first and writes each key
//! with its outcome at once, which is half the work: nobody else can see the effect before the key,
//! since both are committed together. What it takes in exchange: a request that was there before is
//! only noticed at the end, by [`keep`] telling so; then the transaction is rolled back, [`find`]
//! says who it was, and the others are decided again.
//!
//! A batch keeps its outcomes in clear ([`Keeping::Clear`](crate::Keeping::Clear)).

use std::collections::HashMap;

use chassis::Refusal;
use jiff::Timestamp;
use postgres::DatabaseError;
use prost::{Message, Name};
use sqlx::PgConnection;
use tonic::{Response, Status};

use crate::fingerprint::Fingerprint;
use crate::store::{self, Record};
use crate::{Key, outcome};

/// A request as a batch sees it: its key, and what is remembered of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) key: Key,
    pub(crate) fingerprint: Fingerprint,
}

impl Request {
    /// Of what the client sent. Made where the call is handled, not where batches wait for it.
    pub fn new<Q: Message + Name>(key: Key, request: &Q) -> Self {
        let fingerprint = Fingerprint::of(&key, request);
        Self { key, fingerprint }
    }

    /// What makes two requests the same one.
    pub fn key(&self) -> &Key {
        &self.key
    }
}

/// How a request ended, as it is kept for its repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    reply: Option<Vec<u8>>,
    refusal: Option<Vec<u8>>,
}

impl Outcome {
    /// `None` for a refusal that says nothing about the next attempt (INTERNAL, UNAVAILABLE,
    /// ABORTED, DEADLINE_EXCEEDED, …): nothing is kept, and the same request may be tried again.
    pub fn of<R: Message>(outcome: &Result<R, Refusal>) -> Option<Self> {
        match outcome {
            Ok(reply) => Some(Self {
                reply: Some(reply.encode_to_vec()),
                refusal: None,
            }),
            Err(refusal) if outcome::is_final(refusal) => Some(Self {
                reply: None,
                refusal: Some(refusal.to_stored().into()),
            }),
            Err(_) => None,
        }
    }

    /// The same as it will be found under the key of its request.
    pub fn kept(&self, request: &Request) -> Kept {
        Kept(Record {
            sealed_by: None,
            request_digest: request.fingerprint.request.to_vec(),
            field_digests: request.fingerprint.fields.clone(),
            reply: self.reply.clone(),
            refusal: self.refusal.clone(),
        })
    }
}

/// What is kept under a key.
#[derive(Clone, Debug)]
pub struct Kept(Record);

impl Kept {
    /// What it answers to a request with the same key: what was answered before, marked by
    /// [`REPLAYED`](crate::REPLAYED); or ALREADY_EXISTS `REQUEST_ID_CONFLICT`, when the request is
    /// another one.
    pub fn answer<Q: Name, R: Message + Default>(
        &self,
        request: &Request,
    ) -> Result<Response<R>, Status> {
        outcome::replay::<Q, R>(&self.0, &request.fingerprint)
    }
}

/// Looks requests up.
///
/// # Errors
/// When the database could not be asked.
pub async fn find<'a>(
    db: &mut PgConnection,
    requests: impl IntoIterator<Item = &'a Request>,
) -> Result<HashMap<Key, Kept>, DatabaseError> {
    let keys: Vec<&Key> = requests.into_iter().map(|request| &request.key).collect();
    let found = store::load_all(db, &keys).await?;
    let places = found.into_iter();
    let kept = places.filter_map(|(place, record)| {
        let key = keys.get(place)?;
        Some(((*key).clone(), Kept(record)))
    });
    Ok(kept.collect())
}

/// Keeps the outcomes of requests, each of which stands here once. Waits for other transactions
/// that are keeping one of them. False when one was there before: then this transaction is broken, and
/// can only be rolled back.
///
/// # Errors
/// When the database could not be asked.
pub async fn keep(
    db: &mut PgConnection,
    outcomes: &[(&Request, &Outcome)],
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    if outcomes.is_empty() {
        return Ok(true);
    }
    Ok(store::insert_all(db, outcomes, now).await?)
}

impl Outcome {
    pub(crate) fn reply(&self) -> Option<&[u8]> {
        self.reply.as_deref()
    }

    pub(crate) fn refusal(&self) -> Option<&[u8]> {
        self.refusal.as_deref()
    }
}
