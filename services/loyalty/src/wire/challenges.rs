//! Challenges, to the contract. The right choice of a question never gets here.

use calendar::Period;
use contract::member_challenge::{Kind, State};
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;

use super::grants::grant;
use crate::app::challenges::read::Standing;
use crate::domain::challenges::Answer;
use crate::domain::grants::Given;
use crate::domain::program::{Challenge, Goal, Grant, Measure, Milestone, Question};

/// The answers of a request.
pub(crate) fn answers(request: &contract::AnswerQuizRequest) -> Vec<Answer> {
    let answers = request.answers.iter().map(|answer| Answer {
        question_id: answer.question_id.clone(),
        choice: usize::try_from(answer.choice).unwrap_or(usize::MAX),
    });
    answers.collect()
}

/// How far a member is; `None` when the program has no such challenge.
pub(crate) fn member_challenge(standing: &Standing) -> Option<contract::MemberChallenge> {
    let challenge = standing
        .program
        .document
        .challenge(&standing.challenge_id)?;
    let time = |instant: Option<Timestamp>| instant.map(::contract::time::timestamp);
    let milestones = challenge.milestones.iter();
    Some(contract::MemberChallenge {
        challenge_id: standing.challenge_id.clone(),
        display_name: challenge.display_name.clone(),
        kind: kind(&challenge.goal).into(),
        state: state(challenge, standing).into(),
        start_time: time(challenge.window.start),
        end_time: time(challenge.window.end),
        cycle: standing.cycle.clone(),
        progress: standing.progress,
        current_streak: standing.current_streak,
        milestones: milestones
            .map(|milestone| reached(milestone, standing))
            .collect(),
        questions: questions(&challenge.goal).iter().map(question).collect(),
        attempts_left: attempts_left(&challenge.goal, standing.attempts),
        repeat: period(challenge.repeat).into(),
    })
}

fn kind(goal: &Goal) -> Kind {
    match goal {
        Goal::Counter {
            measure: Measure::Money { .. },
            ..
        } => Kind::Money,
        Goal::Counter { .. } => Kind::Counter,
        Goal::Streak { .. } => Kind::Streak,
        Goal::Quiz { .. } => Kind::Quiz,
    }
}

fn state(challenge: &Challenge, standing: &Standing) -> State {
    let window = &challenge.window;
    if window.start.is_some_and(|start| standing.now < start) {
        State::Upcoming
    } else if !window.contains(standing.now) {
        State::Ended
    } else if standing.is_eligible {
        State::Running
    } else {
        State::NotEligible
    }
}

fn reached(milestone: &Milestone, standing: &Standing) -> contract::MilestoneProgress {
    let reached_at = standing.reached.get(&milestone.count).copied();
    contract::MilestoneProgress {
        count: milestone.count,
        grants: milestone.grants.iter().map(grant).collect(),
        reach_time: reached_at.map(::contract::time::timestamp),
    }
}

fn questions(goal: &Goal) -> &[Question] {
    match goal {
        Goal::Quiz { questions, .. } => questions,
        Goal::Counter { .. } | Goal::Streak { .. } => &[],
    }
}

fn question(question: &Question) -> contract::QuizQuestion {
    contract::QuizQuestion {
        question_id: question.question_id.as_str().to_owned(),
        text: question.text.clone(),
        choices: question.choices.clone(),
    }
}

fn attempts_left(goal: &Goal, used: i64) -> i32 {
    match goal {
        Goal::Quiz { attempts, .. } => {
            let left = i64::from(*attempts).saturating_sub(used).max(0);
            i32::try_from(left).unwrap_or(i32::MAX)
        }
        Goal::Counter { .. } | Goal::Streak { .. } => 0,
    }
}

/// A badge; `None` for what is none.
pub(crate) fn badge(given: &Given) -> Option<contract::Badge> {
    let Grant::Badge(badge_id) = &given.grant else {
        return None;
    };
    Some(contract::Badge {
        badge_id: badge_id.as_str().to_owned(),
        award_time: Some(::contract::time::timestamp(given.given_at)),
        cause_kind: given.cause.kind.name().to_owned(),
        cause_id: given.cause.id.clone(),
    })
}

fn period(period: Period) -> contract::Period {
    match period {
        Period::Day => contract::Period::Day,
        Period::Week => contract::Period::Week,
        Period::Month => contract::Period::Month,
        Period::Quarter => contract::Period::Quarter,
        Period::Year => contract::Period::Year,
        Period::Lifetime => contract::Period::Unspecified,
    }
}
