//! Reading challenges with a member's progress.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ChallengesError;
use crate::app::read::Page;
use crate::app::{AppError, Loyalty, eligibility};
use crate::domain::challenges::{DayFigures, current_streak, progress};
use crate::domain::grants::Given;
use crate::domain::program::{Challenge, Goal, Program};
use crate::store::challenges::attempts::Attempts;
use crate::store::challenges::{attempts, facts, milestones};
use crate::store::grants::{self, GrantKind};

/// How far a member is in a challenge.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The program that the challenge is part of.
    pub(crate) program: Arc<Program>,
    /// The challenge.
    pub(crate) challenge_id: String,
    /// The present cycle.
    pub(crate) cycle: String,
    /// How far.
    pub(crate) progress: i64,
    /// Of a streak: the row that goes on.
    pub(crate) current_streak: i64,
    /// The milestones that were reached, and when.
    pub(crate) reached: BTreeMap<i64, Timestamp>,
    /// Of a quiz: the attempts used.
    pub(crate) attempts: i64,
    /// Whether the member's tier takes part.
    pub(crate) is_eligible: bool,
    /// As of.
    pub(crate) now: Timestamp,
}

/// A page of the program's challenges after one of them, in the order of the program.
pub(crate) async fn page(
    loyalty: &Loyalty,
    customer_id: Uuid,
    after: Option<&str>,
    size: u16,
) -> Result<Page<Standing>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let program = loyalty.program_of(&mut db, customer_id).await?;
    let all = &program.document.challenges;
    let place = after.and_then(|after| {
        let mut all = all.iter();
        all.position(|challenge| challenge.challenge_id.as_str() == after)
    });
    let rest = all.iter().skip(place.map_or(0, |place| place + 1));
    let wanted: Vec<&Challenge> = rest.take(usize::from(size) + 1).collect();
    let rows = standings(loyalty, &mut db, &program, customer_id, &wanted).await?;
    Ok(Page::cut(rows, size))
}

/// One challenge.
pub(crate) async fn challenge(
    loyalty: &Loyalty,
    customer_id: Uuid,
    challenge_id: &str,
) -> Result<Standing, AppError> {
    let mut db = loyalty.snapshot().await?;
    let program = loyalty.program_of(&mut db, customer_id).await?;
    let not_found = || ChallengesError::NotFound {
        challenge_id: challenge_id.to_owned(),
    };
    let challenge = program
        .document
        .challenge(challenge_id)
        .ok_or_else(not_found)?;
    let found = standings(loyalty, &mut db, &program, customer_id, &[challenge]).await?;
    Ok(found.into_iter().next().ok_or_else(not_found)?)
}

async fn standings(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program: &Arc<Program>,
    customer_id: Uuid,
    challenges: &[&Challenge],
) -> Result<Vec<Standing>, AppError> {
    let now = loyalty.now();
    let today = program.document.zone.date_of(now);
    let cycles: Vec<(String, String)> = challenges
        .iter()
        .map(|challenge| {
            let cycle = challenge.repeat.bucket(today).to_string();
            (challenge.challenge_id.as_str().to_owned(), cycle)
        })
        .collect();
    let mut days = facts::days_of_all(&mut *db, customer_id, &cycles).await?;
    let mut held = milestones::held_of_all(&mut *db, customer_id, &cycles).await?;
    let attempts = attempts::of_all(&mut *db, customer_id, &cycles).await?;
    let mut standings = Vec::with_capacity(challenges.len());
    for (challenge, (challenge_id, cycle)) in challenges.iter().zip(cycles) {
        let days = days.remove(&challenge_id).unwrap_or_default();
        let attempts = attempts.get(&challenge_id).copied().unwrap_or_default();
        let (progress, current_streak) = figures(&challenge.goal, &days, attempts, today);
        standings.push(Standing {
            program: Arc::clone(program),
            reached: held.remove(&challenge_id).unwrap_or_default(),
            challenge_id,
            cycle,
            progress,
            current_streak,
            attempts: attempts.count,
            is_eligible: eligibility::passes(db, customer_id, &challenge.gates).await?,
            now,
        });
    }
    Ok(standings)
}

fn figures(goal: &Goal, days: &[DayFigures], attempts: Attempts, today: Date) -> (i64, i64) {
    match goal {
        Goal::Quiz { .. } => (attempts.best, 0),
        Goal::Counter { .. } | Goal::Streak { .. } => {
            (progress(goal, days), current_streak(goal, days, today))
        }
    }
}

/// A page of a member's badges, the latest first.
pub(crate) async fn badges(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<Given>, AppError> {
    let pool = loyalty.db.pool();
    let mut all = grants::standing_of_kind(pool, customer_id, GrantKind::Badge).await?;
    if all.is_empty() {
        loyalty.require_member(customer_id).await?;
    }
    all.retain(|given| before.is_none_or(|before| given.grant_id < before));
    all.reverse();
    all.truncate(usize::from(size) + 1);
    Ok(Page::cut(all, size))
}
