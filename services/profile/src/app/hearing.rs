//! What other services tell that counts for health: scores that were given, and complaints.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chassis::Clock;
use contract::patron::complaints::v1::case::{Priority as WirePriority, Type};
use contract::patron::complaints::v1::{CaseClosed, CaseOpened, CaseReopened, CaseResolved};
use contract::patron::survey::v1::{Metric, ResponseSubmitted};
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::privacy::confirm::Confirmations;
use crate::domain::health::heard::{Answer, Case, CaseStep, Priority};
use crate::domain::ids::CustomerId;
use crate::domain::instant::to_microsecond;
use crate::store::StoreError;
use crate::store::health::heard::{self, CaseKey};

/// Listens to the feed of another service: what it has erased, and what it tells of customers.
#[derive(Clone, Debug)]
pub(crate) struct Hearing(pub(crate) Confirmations, pub(crate) Clock);

/// What an event tells of a customer.
#[derive(Clone, Copy, Debug)]
enum Told {
    Answer(Answer),
    Case(Uuid, CaseStep, i64),
}

#[async_trait]
impl Handler for Hearing {
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
        let mut all = Vec::new();
        for event in events {
            event.traced(self.0.handle(tx, event)).await?;
            if let (Some(home), Some(told)) = (event.customer_id(), told(event)?) {
                all.push((home, told));
            }
        }
        Ok(keep(tx, &all, &self.1).await?)
    }
}

/// Keeps what is told of customers who are there. Whoever is not was erased, or never was.
async fn keep(
    tx: &mut PgTransaction<'_>,
    told: &[(Uuid, Told)],
    clock: &Clock,
) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let homes: BTreeSet<Uuid> = told.iter().map(|(home, _)| *home).collect();
    let homes: Vec<Uuid> = homes.into_iter().collect();
    let known: BTreeMap<Uuid, CustomerId> = heard::hold(tx, &homes).await?;
    let mut answers: BTreeMap<Uuid, Answer> = BTreeMap::new();
    let mut steps = Vec::new();
    for (home, told) in told.iter().filter(|(home, _)| known.contains_key(home)) {
        match told {
            Told::Answer(answer) => {
                let latest = answers.entry(*home).or_insert(*answer);
                *latest = (*latest).max(*answer);
            }
            Told::Case(id, step, revision) => steps.push(((*home, *id), *step, *revision)),
        }
    }
    if !answers.is_empty() {
        heard::put_answers(tx, &answers).await?;
    }
    if !steps.is_empty() {
        keep_cases(tx, &steps).await?;
    }
    let known: Vec<Uuid> = known.into_keys().collect();
    heard::mark(tx, &known, to_microsecond(clock.now())).await
}

async fn keep_cases(
    tx: &mut PgTransaction<'_>,
    steps: &[(CaseKey, CaseStep, i64)],
) -> Result<(), StoreError> {
    let keys: BTreeSet<CaseKey> = steps.iter().map(|(key, ..)| *key).collect();
    let keys: Vec<CaseKey> = keys.into_iter().collect();
    let mut cases = heard::cases(tx, &keys).await?;
    for (key, step, revision) in steps {
        let before = cases.get(key).copied();
        if let Some(case) = Case::after(before, *step, *revision) {
            cases.insert(*key, case);
        }
    }
    if cases.is_empty() {
        return Ok(());
    }
    heard::put_cases(tx, &cases).await
}

/// What an event tells; `None`: nothing that counts.
fn told(event: &Incoming) -> Result<Option<Told>, HandlerError> {
    if let Some(response) = event.payload::<ResponseSubmitted>()? {
        return Ok(score(event, &response)?.map(Told::Answer));
    }
    let Some(step) = case_step(event)? else {
        return Ok(None);
    };
    let revision = i64::try_from(event.subject_version())?;
    Ok(Some(Told::Case(event.subject_id(), step, revision)))
}

/// The net promoter score of an answer that holds one.
fn score(event: &Incoming, response: &ResponseSubmitted) -> Result<Option<Answer>, HandlerError> {
    let is_score = |rating: &i32| response.metric() == Metric::Nps && (0..=10).contains(rating);
    let Some(rating) = response.rating.filter(is_score) else {
        return Ok(None);
    };
    Ok(Some(Answer {
        time: to_microsecond(event.occur_time()),
        response: response.response_id.parse()?,
        score: i16::try_from(rating)?,
    }))
}

fn case_step(event: &Incoming) -> Result<Option<CaseStep>, HandlerError> {
    if let Some(opened) = event.payload::<CaseOpened>()? {
        let is_complaint = opened.r#type() == Type::Complaint;
        let step = || {
            let time = to_microsecond(event.occur_time());
            CaseStep::Opened(priority(opened.priority()), time)
        };
        return Ok(is_complaint.then(step));
    }
    let is_over =
        event.payload::<CaseResolved>()?.is_some() || event.payload::<CaseClosed>()?.is_some();
    if is_over {
        return Ok(Some(CaseStep::Ended));
    }
    let reopened = event.payload::<CaseReopened>()?;
    Ok(reopened.map(|_| CaseStep::Reopened))
}

fn priority(told: WirePriority) -> Priority {
    match told {
        WirePriority::Low => Priority::Low,
        WirePriority::Normal | WirePriority::Unspecified => Priority::Normal,
        WirePriority::High => Priority::High,
        WirePriority::Urgent => Priority::Urgent,
    }
}
