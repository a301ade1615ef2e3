//! Where people stand, written down when it changes.

use std::collections::HashMap;

use chassis::Clock;
use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::SegmentError;
use crate::app::announce;
use crate::domain::ids::CustomerId;
use crate::domain::rating::Rating;
use crate::store::ratings::{self, StageChange, Standing};

/// What has changed.
#[derive(Default)]
struct Changes {
    standings: Vec<Standing>,
    ended: Vec<CustomerId>,
    steps: Vec<StageChange>,
    events: Vec<NewEvent>,
}

/// Writes the ratings of people that differ from those before; `None`: the id leads elsewhere. Answers
/// what is to be announced.
pub(super) async fn write(
    connection: &mut PgConnection,
    rated: &[(CustomerId, Option<Rating>)],
    (clock, now): (&Clock, Timestamp),
) -> Result<Vec<NewEvent>, SegmentError> {
    let ids: Vec<Uuid> = rated.iter().map(|(id, _)| id.0).collect();
    let before = ratings::of(connection, &ids).await?;
    let before: HashMap<_, _> = before.into_iter().map(|it| (it.customer, it)).collect();
    let mut changes = Changes::default();
    for (id, rating) in rated {
        changes.add(*id, (before.get(id), *rating), (clock, now));
    }
    if !changes.ended.is_empty() {
        ratings::end(connection, &changes.ended).await?;
    }
    if !changes.standings.is_empty() {
        ratings::put(connection, &changes.standings).await?;
    }
    if !changes.steps.is_empty() {
        ratings::add_changes(connection, &changes.steps).await?;
    }
    Ok(changes.events)
}

impl Changes {
    fn add(
        &mut self,
        customer: CustomerId,
        (before, after): (Option<&Standing>, Option<Rating>),
        (clock, now): (&Clock, Timestamp),
    ) {
        let from = before.map(|it| it.rating);
        if from == after {
            return;
        }
        let (from_stage, to_stage) = (from.map(|it| it.stage), after.map(|it| it.stage));
        let (from_tier, to_tier) = (from.map(|it| it.tier), after.map(|it| it.tier));
        if from_stage != to_stage {
            self.steps.push(StageChange {
                id: clock.new_id(),
                customer,
                from: from_stage,
                to: to_stage,
                at: now,
            });
        }
        let Some(rating) = after else {
            self.ended.push(customer);
            return;
        };
        let since = |same: bool, before: Option<Timestamp>| before.filter(|_| same).unwrap_or(now);
        self.standings.push(Standing {
            customer,
            rating,
            stage_time: since(from_stage == to_stage, before.map(|it| it.stage_time)),
            tier_time: since(from_tier == to_tier, before.map(|it| it.tier_time)),
        });
        if from_stage != to_stage {
            let event = announce::stage_changed(customer, from_stage, rating.stage);
            self.events.push(event);
        }
        if from_tier != to_tier {
            let event = announce::tier_changed(customer, from_tier, rating.tier);
            self.events.push(event);
        }
    }
}
