//! What purchases, returns and acts mean for challenges.

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::Zone;
use jiff::Timestamp;
use rules::EvaluationError;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::settle::settle;
use crate::app::books::Books;
use crate::app::{AppError, Loyalty, eligibility};
use crate::domain::challenges::{Fact, holds_of_act, holds_of_sale, of_act, of_sale};
use crate::domain::program::{Challenge, Goal, Program};
use crate::domain::{Happened, SaleFigures};
use crate::store::challenges::facts;

/// Cycles in which something has changed, each with the program that it is judged by.
type Touched = BTreeMap<(Uuid, String, String), Arc<Program>>;

/// Counts what has happened, and gives and takes back what follows from it. The members are open in
/// the books. What a challenge makes of a fact is decided by the program in force when it happened,
/// and whether it counts at all when it is first heard of; so news that come late, twice or in
/// another order lead to the same.
pub(crate) async fn follow(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    happened: &[Happened],
) -> Result<(), AppError> {
    let mut touched = Touched::new();
    for happened in happened {
        let Some((customer_id, at)) = dated(happened) else {
            continue;
        };
        let program_id = books.holder(customer_id)?.program.program_id.clone();
        let program = loyalty.programs.at(tx, program_id.as_str(), at).await?;
        for challenge in &program.document.challenges {
            if let Some(cycle) = count(tx, &program, challenge, happened).await? {
                let challenge_id = challenge.challenge_id.as_str().to_owned();
                touched.insert((customer_id, challenge_id, cycle), Arc::clone(&program));
            }
        }
    }
    for ((customer_id, challenge_id, cycle), program) in touched {
        if let Some(challenge) = program.document.challenge(&challenge_id) {
            settle(loyalty, tx, books, (customer_id, challenge, &cycle)).await?;
        }
    }
    Ok(())
}

fn dated(happened: &Happened) -> Option<(Uuid, Timestamp)> {
    match happened {
        Happened::Sale(sale) => Some((sale.customer_id, sale.ordered_at)),
        Happened::Act(act) => Some((act.customer_id, act.occurred_at)),
        Happened::Joined { .. } => None,
    }
}

/// Keeps what a challenge makes of something. Tells the cycle in which that changes anything.
async fn count(
    tx: &mut PgTransaction<'_>,
    program: &Program,
    challenge: &Challenge,
    happened: &Happened,
) -> Result<Option<String>, AppError> {
    let zone = &program.document.zone;
    let (fact, customer_id, is_new) = match happened {
        Happened::Sale(sale) => {
            let is_new = sale.before == SaleFigures::NONE;
            (of_sale(challenge, sale, zone), sale.customer_id, is_new)
        }
        Happened::Act(act) => (of_act(challenge, act, zone), act.customer_id, true),
        Happened::Joined { .. } => return Ok(None),
    };
    let Some(fact) = fact else {
        return Ok(None);
    };
    let challenge_id = challenge.challenge_id.as_str();
    let is_known = facts::is_known(tx, customer_id, challenge_id, &fact).await?;
    let counts = is_known || (is_new && admits(tx, program, challenge, happened, &fact).await?);
    if counts {
        facts::put(tx, customer_id, challenge_id, &fact).await?;
    }
    Ok(counts.then(|| fact.cycle.to_string()))
}

/// Whether something new counts: for a member who takes part, when it fulfils the condition. One
/// that can't be evaluated is not fulfilled; the purchase itself must not suffer from it.
async fn admits(
    tx: &mut PgTransaction<'_>,
    program: &Program,
    challenge: &Challenge,
    happened: &Happened,
    fact: &Fact,
) -> Result<bool, AppError> {
    let Some((customer_id, _)) = dated(happened) else {
        return Ok(false);
    };
    let fulfils = fulfils(challenge, happened, &program.document.zone).unwrap_or_else(|error| {
        tracing::warn!(
            loyalty.challenge = challenge.challenge_id.as_str(),
            loyalty.fact = fact.fact_id,
            %error,
            "a condition could not be evaluated; what it is about does not count"
        );
        false
    });
    Ok(fulfils && eligibility::passes(tx, customer_id, &challenge.gates).await?)
}

fn fulfils(
    challenge: &Challenge,
    happened: &Happened,
    zone: &Zone,
) -> Result<bool, EvaluationError> {
    let condition = match &challenge.goal {
        Goal::Counter { counted, .. } | Goal::Streak { counted, .. } => counted.condition.as_ref(),
        Goal::Quiz { .. } => None,
    };
    match (condition, happened) {
        (None, _) => Ok(true),
        (Some(condition), Happened::Sale(sale)) => holds_of_sale(condition, sale, zone),
        (Some(condition), Happened::Act(act)) => holds_of_act(condition, act, zone),
        (Some(_), Happened::Joined { .. }) => Ok(false),
    }
}
