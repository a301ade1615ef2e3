//! Past months under another program.

use std::sync::Arc;

use ::contract::time::instant;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;
use tonic::{Response, Status};
use uuid::Uuid;

use super::candidate;
use crate::app::runs::{self, Asked, Progress, RunError, Runs};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::program::Program;
use crate::domain::rating::Budgets;
use crate::domain::simulation::{Comparison, Member, Side, Timeline, replay};
use crate::store::rating::pasts::{self, Lived};
use crate::store::runs::{Kind, Taken};
use crate::wire::simulation::{self, Seen};

const METHOD: &str = "patron.loyalty.v1.SimulationService/CreateSimulation";

/// Members whose pasts are in memory at once.
const PAGE: i64 = 200;
/// Affected members that are told one by one.
const SAMPLE: usize = 100;
/// Deeds that could not be rated and are told one by one.
const TOLD_FAILURES: usize = 20;

/// Begins a simulation.
pub(crate) async fn create(
    loyalty: &Loyalty,
    runs: &Runs,
    call: &Call,
    request: contract::CreateSimulationRequest,
) -> Result<Response<contract::Simulation>, Status> {
    let asked = request.simulation.clone().unwrap_or_default();
    let asked = sound(loyalty, asked)
        .await
        .map_err(chassis::Refusal::from)?;
    let begun = runs.create(
        loyalty,
        call,
        (METHOD, &request.request_id, &request),
        asked,
        simulation::simulation,
    );
    begun.await
}

/// One simulation.
pub(crate) async fn find(
    loyalty: &Loyalty,
    program_id: &str,
    simulation_id: Uuid,
) -> Result<contract::Simulation, RunError> {
    let run = runs::find(loyalty, Kind::Simulation, program_id, simulation_id).await?;
    Ok(simulation::simulation(run)?)
}

/// What is asked for; or why it can't be simulated.
async fn sound(loyalty: &Loyalty, asked: contract::Simulation) -> Result<Asked, RunError> {
    let start = asked.start_time.as_ref().and_then(instant);
    let end = asked.end_time.as_ref().and_then(instant);
    if start.zip(end).is_some_and(|(start, end)| end < start) {
        return Err(RunError::Period);
    }
    let mut db = loyalty.db.pool().acquire().await?;
    let tried = (asked.candidate.as_ref(), loyalty.now());
    candidate::program(loyalty, &mut db, &asked.program_id, tried).await?;
    let request = contract::Simulation {
        program_id: asked.program_id.clone(),
        candidate: asked.candidate,
        start_time: asked.start_time,
        end_time: asked.end_time,
        ..contract::Simulation::default()
    };
    Ok(Asked {
        kind: Kind::Simulation,
        program_id: asked.program_id,
        request: request.encode_to_vec(),
    })
}

/// Replays the pasts of all members in one snapshot, member by member, beside live traffic.
pub(crate) async fn compute(
    loyalty: &Loyalty,
    taken: &Taken,
    mut progress: Progress<'_>,
) -> Result<Vec<u8>, RunError> {
    let asked = contract::Simulation::decode(taken.request.as_slice())?;
    let now = loyalty.now();
    let end = asked.end_time.as_ref().and_then(instant);
    let end = end.map_or(now, |end| end.min(now));
    let mut tx = loyalty.snapshot().await?;
    let actual = real(loyalty, &mut tx, &taken.program_id, now).await?;
    let simulated = match &asked.candidate {
        None => actual.clone(),
        candidate => {
            let tried = (candidate.as_ref(), now);
            let program = candidate::program(loyalty, &mut tx, &taken.program_id, tried).await?;
            Timeline::always(program)
        }
    };
    let mut trial = Trial {
        start: asked.start_time.as_ref().and_then(instant),
        end,
        comparison: Comparison::new(actual.last().document.main_wallet.wallet_id, end, SAMPLE),
        budgets: Budgets::default(),
        seen: Seen::default(),
        is_trial: asked.candidate.is_some(),
        simulated,
        actual,
    };
    let (mut after, mut done) = (Uuid::nil(), 0);
    while let Some((last, count)) = trial.page(&mut tx, &taken.program_id, after).await? {
        (after, done) = (last, done + count);
        progress.tell(done).await?;
    }
    tx.rollback().await?;
    let documents = (
        &trial.simulated.last().document,
        &trial.actual.last().document,
    );
    let result = simulation::outcome(trial.comparison.close(), trial.seen, documents)?;
    Ok(result.encode_to_vec())
}

/// The versions that have been in force.
async fn real(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
    now: Timestamp,
) -> Result<Timeline, AppError> {
    let first: Arc<Program> = loyalty
        .programs
        .at(&mut *db, program_id, Timestamp::MIN)
        .await?;
    let schedule = loyalty.programs.schedule(&mut *db, program_id).await?;
    let begun = schedule.turns().iter().skip(1);
    let mut later = Vec::new();
    for turn in begun.filter(|turn| turn.active_from <= now) {
        let program = loyalty
            .programs
            .version(&mut *db, program_id, turn.version)
            .await?;
        later.push((turn.active_from, program));
    }
    Ok(Timeline::then(first, later))
}

/// A simulation under way.
struct Trial {
    start: Option<Timestamp>,
    end: Timestamp,
    simulated: Timeline,
    actual: Timeline,
    /// Whether the two differ.
    is_trial: bool,
    comparison: Comparison,
    budgets: Budgets,
    seen: Seen,
}

impl Trial {
    /// Compares the members of a page; tells the last of them and how many. `None` after the last.
    async fn page(
        &mut self,
        db: &mut PgConnection,
        program_id: &str,
        after: Uuid,
    ) -> Result<Option<(Uuid, i64)>, RunError> {
        let page = pasts::page(db, program_id, (after, PAGE), self.end).await?;
        let last = page.last().map(|lived| lived.past.customer_id);
        let mut count = 0;
        for lived in page {
            self.member(lived)?;
            count += 1;
        }
        Ok(last.map(|last| (last, count)))
    }

    /// What was done before the period is replayed too, since later deeds may depend on it; but only
    /// what was earned within it is compared. Tiers are compared as purchases and acts lead to them,
    /// on both sides: what was given by hand does not count.
    fn member(&mut self, lived: Lived) -> Result<(), RunError> {
        let past = &lived.past;
        let today = self.simulated.last().document.zone.date_of(self.end);
        let replayed = replay(&self.simulated, past, &mut self.budgets, today)?;
        let tiers = if self.is_trial {
            let mut budgets = Budgets::default();
            replay(&self.actual, past, &mut budgets, today)?.side.tiers
        } else {
            replayed.side.tiers.clone()
        };
        self.seen.add(past, self.start);
        self.seen.add_failures(&replayed.unrated, TOLD_FAILURES);
        self.comparison.add(&Member {
            customer_id: past.customer_id,
            simulated: self.within(replayed.side),
            actual: self.within(Side {
                tiers,
                earned: lived.earned,
            }),
        })?;
        Ok(())
    }

    fn within(&self, mut side: Side) -> Side {
        if let Some(start) = self.start {
            side.earned.retain(|earned| earned.at >= start);
        }
        side
    }
}
