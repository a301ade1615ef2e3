//! Answering a quiz.

use contract::patron::loyalty::v1 as contract;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::ChallengesError;
use super::settle::settle;
use crate::app::Call;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty, eligibility};
use crate::domain::State;
use crate::domain::challenges::{Answer, judge};
use crate::domain::program::{Challenge, Goal, Question};
use crate::store::challenges::attempts;
use crate::store::challenges::milestones::Stretch;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.ChallengeService/AnswerQuiz";

/// Judges an attempt, once for each request.
pub(crate) async fn answer(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::AnswerQuizRequest,
) -> Result<Response<contract::AnswerQuizResponse>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str(), false);
    let answers = wire::challenges::answers(&request);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answer) => return answer,
    };
    let quiz = (customer_id, request.challenge_id.as_str());
    let judged = attempt(loyalty, begun.transaction(), quiz, &answers).await;
    begun.finish(loyalty, judged).await
}

async fn attempt(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    (customer_id, challenge_id): (Uuid, &str),
    answers: &[Answer],
) -> Result<contract::AnswerQuizResponse, AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let holder = books.holder(customer_id)?;
    if holder.state != State::Active {
        return Err(ChallengesError::NotActive.into());
    }
    let program = holder.program.clone();
    let challenge = program.document.challenge(challenge_id);
    let challenge = challenge.ok_or_else(|| ChallengesError::NotFound {
        challenge_id: challenge_id.to_owned(),
    })?;
    let (questions, allowed) = quiz(tx, &books, customer_id, challenge).await?;

    let today = program.document.zone.date_of(books.now());
    let bucket = challenge.repeat.bucket(today).to_string();
    let cycle = Stretch {
        customer_id,
        challenge_id,
        cycle: &bucket,
    };
    let used = attempts::of_cycle(&mut **tx, cycle).await?.count;
    if used >= i64::from(allowed) {
        return Err(ChallengesError::AttemptsUsed { attempts: allowed }.into());
    }
    let right = judge(questions, answers).map_err(ChallengesError::from)?;
    let attempt = (used + 1, right);
    attempts::insert(tx, cycle, program.version, attempt, answers, books.now()).await?;
    let what = (customer_id, challenge, bucket.as_str());
    let reached = settle(loyalty, tx, &mut books, what).await?;
    books.write(tx).await?;
    Ok(contract::AnswerQuizResponse {
        right_count: i32::try_from(right).unwrap_or(i32::MAX),
        attempts_left: i32::try_from(i64::from(allowed) - used - 1).unwrap_or_default(),
        reached,
    })
}

/// The questions of a quiz that the member may answer now, and how often.
async fn quiz<'a>(
    tx: &mut PgTransaction<'_>,
    books: &Books,
    customer_id: Uuid,
    challenge: &'a Challenge,
) -> Result<(&'a [Question], u8), AppError> {
    let Goal::Quiz {
        questions,
        attempts,
    } = &challenge.goal
    else {
        return Err(ChallengesError::NotQuiz.into());
    };
    if !challenge.window.contains(books.now()) {
        return Err(ChallengesError::NotRunning.into());
    }
    if !eligibility::passes(tx, customer_id, &challenge.gates).await? {
        return Err(ChallengesError::NotEligible.into());
    }
    Ok((questions, *attempts))
}
