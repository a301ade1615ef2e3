//! A handler whose every application can be counted afterwards.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use contract::patron::loyalty::v1::LotShare;
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;
use uuid::Uuid;

/// Writes one row for each event.
#[derive(Clone, Default)]
pub(crate) struct Effects {
    poison: Arc<Mutex<HashSet<i64>>>,
}

#[derive(Debug, thiserror::Error)]
#[error("the amount {amount} can't be digested")]
struct Poisoned {
    amount: i64,
}

impl Effects {
    /// Fails for events of this amount until it is cured.
    pub(crate) fn poisoned_by(amount: i64) -> Self {
        Self {
            poison: Arc::new(Mutex::new(HashSet::from([amount]))),
        }
    }

    pub(crate) fn cure(&self) {
        self.poison.lock().unwrap().clear();
    }
}

#[async_trait]
impl Handler for Effects {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        let Some(LotShare { amount, .. }) = event.payload()? else {
            return Ok(());
        };
        insert(tx, &[(event, amount)]).await?;
        if self.poison.lock().unwrap().contains(&amount) {
            return Err(Poisoned { amount }.into());
        }
        Ok(())
    }
}

/// Fails for each event in its own way before it does what [`Effects`] does.
#[derive(Clone, Default)]
pub(crate) struct Troubled {
    pub(crate) calls: Arc<AtomicU32>,
}

/// The amount of an event at which [`Troubled`] panics.
pub(crate) const PANIC: i64 = 666;
/// The amount of an event at which [`Troubled`] fails for a while, through no fault of the event.
pub(crate) const OUTAGE: i64 = 503;
/// For how many calls.
pub(crate) const OUTAGE_CALLS: u32 = 15;

#[async_trait]
impl Handler for Troubled {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        let amount = event.payload::<LotShare>()?.unwrap().amount;
        assert_ne!(amount, PANIC, "the handler panics");
        if amount == OUTAGE && self.calls.fetch_add(1, Ordering::SeqCst) < OUTAGE_CALLS {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        Effects::default().handle(tx, event).await
    }
}

/// The same, many at a time.
pub(crate) struct ManyEffects;

#[async_trait]
impl Handler for ManyEffects {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.handle_all(tx, &[event]).await
    }

    async fn handle_all(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            if let Some(LotShare { amount, .. }) = event.payload()? {
                rows.push((*event, amount));
            }
        }
        Ok(insert(tx, &rows).await?)
    }
}

async fn insert(tx: &mut PgTransaction<'_>, rows: &[(&Incoming, i64)]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = rows.iter().map(|(event, _)| event.event_id()).collect();
    let subjects: Vec<Uuid> = rows.iter().map(|(event, _)| event.subject_id()).collect();
    let versions = rows
        .iter()
        .map(|(event, _)| event.subject_version().cast_signed());
    let amounts: Vec<i64> = rows.iter().map(|(_, amount)| *amount).collect();
    sqlx::query(
        "INSERT INTO effect (event_id, subject_id, version, amount)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])",
    )
    .bind(ids)
    .bind(subjects)
    .bind(versions.collect::<Vec<_>>())
    .bind(amounts)
    .execute(&mut **tx)
    .await
    .map(drop)
}
