//! How well things stand with people, written down when it changes.

use std::collections::{BTreeMap, HashMap};

use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::SegmentError;
use crate::app::announce;
use crate::domain::health::Score;
use crate::domain::health::policy::Policy;
use crate::domain::ids::CustomerId;
use crate::domain::segment::facts::Facts;
use crate::store::health::standings::{self, Standing};

/// What was decided: what is to be announced of it, and until when each holds at least.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) events: Vec<NewEvent>,
    pub(super) next: BTreeMap<CustomerId, Timestamp>,
}

/// Decides on everybody who was taken, and writes what differs from before. Of whom there are no facts the id leads
/// elsewhere, or nothing may be done with the person.
pub(super) async fn write(
    connection: &mut PgConnection,
    policy: &Policy,
    taken: &[CustomerId],
    (facts, now): (&mut BTreeMap<CustomerId, Facts>, Timestamp),
) -> Result<Judged, SegmentError> {
    let ids: Vec<Uuid> = taken.iter().map(|id| id.0).collect();
    let before = standings::of(connection, &ids).await?;
    let before: HashMap<_, _> = before.into_iter().map(|it| (it.customer, it)).collect();
    let (mut judged, mut put, mut ended) = (Judged::default(), Vec::new(), Vec::new());
    for id in taken {
        let health = facts.get(id).map(|facts| policy.judge(facts, now));
        let next = health.as_ref().and_then(|it| it.next);
        let (before, score) = (before.get(id), health.and_then(|it| it.score));
        if let Some(next) = next {
            judged.next.insert(*id, next);
        }
        if let Some(facts) = facts.get_mut(id) {
            // Conditions read it.
            (facts.health, facts.health_until) = (score, next);
        }
        if before.map(|it| it.score) == score {
            continue;
        }
        match score {
            Some(score) => put.push(standing(*id, (before, score), now)),
            None => ended.push(*id),
        }
        let bands = (before.map(|it| it.score.band), score.map(|it| it.band));
        if bands.0 != bands.1 {
            let event = announce::health_changed(*id, bands.0, bands.1);
            judged.events.push(event);
        }
    }
    if !put.is_empty() {
        standings::put(connection, &put).await?;
    }
    if !ended.is_empty() {
        standings::end(connection, &ended).await?;
    }
    Ok(judged)
}

fn standing(
    customer: CustomerId,
    (before, score): (Option<&Standing>, Score),
    now: Timestamp,
) -> Standing {
    let same = before.filter(|it| it.score.band == score.band);
    Standing {
        customer,
        score,
        band_time: same.map_or(now, |it| it.band_time),
    }
}
