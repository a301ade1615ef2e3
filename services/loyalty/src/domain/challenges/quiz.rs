use std::collections::BTreeMap;

use crate::domain::program::Question;

/// What a member answered to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question.
    pub question_id: String,
    /// Place of the chosen answer, from 0.
    pub choice: usize,
}

/// Answers that are not one for each question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswersError {
    /// The quiz has no such question.
    #[error("the quiz has no question {question_id}")]
    Unknown {
        /// What was answered.
        question_id: String,
    },
    /// A question was answered twice.
    #[error("the question {question_id} is answered twice")]
    Twice {
        /// The question.
        question_id: String,
    },
    /// A question was not answered.
    #[error("the question {question_id} is not answered")]
    Missing {
        /// The question.
        question_id: String,
    },
    /// The question has no such answer.
    #[error("the question {question_id} has no answer {choice}")]
    NoSuchChoice {
        /// The question.
        question_id: String,
        /// What was chosen.
        choice: usize,
    },
}

impl AnswersError {
    /// The question that it is about.
    pub fn question_id(&self) -> &str {
        match self {
            Self::Unknown { question_id }
            | Self::Twice { question_id }
            | Self::Missing { question_id }
            | Self::NoSuchChoice { question_id, .. } => question_id,
        }
    }
}

/// How many answers are right. Which ones is told to nobody: with attempts left, that would give
/// the right choices away one by one.
pub fn judge(questions: &[Question], answers: &[Answer]) -> Result<i64, AnswersError> {
    let mut chosen = BTreeMap::new();
    for answer in answers {
        let question_id = answer.question_id.as_str();
        if chosen.insert(question_id, answer.choice).is_some() {
            let question_id = question_id.to_owned();
            return Err(AnswersError::Twice { question_id });
        }
    }
    let mut right = 0;
    for question in questions {
        let question_id = question.question_id.as_str();
        let choice = chosen.remove(question_id);
        right += i64::from(is_right(question, choice)?);
    }
    match chosen.pop_first() {
        None => Ok(right),
        Some((question_id, _)) => Err(AnswersError::Unknown {
            question_id: question_id.to_owned(),
        }),
    }
}

fn is_right(question: &Question, choice: Option<usize>) -> Result<bool, AnswersError> {
    let question_id = || question.question_id.as_str().to_owned();
    let choice = choice.ok_or_else(|| AnswersError::Missing {
        question_id: question_id(),
    })?;
    if choice >= question.choices.len() {
        let question_id = question_id();
        return Err(AnswersError::NoSuchChoice {
            question_id,
            choice,
        });
    }
    Ok(choice == question.right_choice)
}
