use jiff::Timestamp;
use uuid::Uuid;

use super::{Form, InvitationId, Question, Questionnaire, Sentiment};

/// A response, by its UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResponseId(pub(crate) Uuid);

/// The answer to an invitation. Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) id: ResponseId,
    pub(crate) invitation: InvitationId,
    pub(crate) submitted_at: Timestamp,
    /// At most one for each question, in the order in which they were given.
    pub(crate) answers: Vec<Answer>,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) question_id: String,
    pub(crate) value: Value,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Rating(i32),
    Text(String),
}

/// What a set of answers says, once it fits the questionnaire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The rating that the metric is computed from; `None` when that question was not answered.
    pub(crate) rating: Option<i32>,
    /// What that rating says.
    pub(crate) sentiment: Option<Sentiment>,
    /// Whether the customer wrote something.
    pub(crate) has_text: bool,
}

/// One thing that is wrong with a set of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Which answer, counted from 0; `None` when one is missing.
    pub(crate) answer: Option<usize>,
    pub(crate) problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the questionnaire has no such question")]
    UnknownQuestion,
    #[error("the question was answered before")]
    Repeated,
    #[error("the question `{question_id}` must be answered")]
    Missing { question_id: String },
    #[error("the question asks for a rating")]
    RatingWanted,
    #[error("the question asks for text")]
    TextWanted,
    #[error("must be {minimum} to {maximum}")]
    OutOfRange { minimum: i32, maximum: i32 },
    #[error("must have at most {max_length} characters")]
    TooLong { max_length: i32 },
}

impl Response {
    /// Whether nothing is written in it.
    pub(crate) fn is_wordless(&self) -> bool {
        self.answers.iter().all(|answer| answer.words().is_none())
    }
}

impl Questionnaire {
    /// What the answers say, or everything that is wrong with them. An answer that is missing is
    /// missing: it is never taken for a 0 or an empty text.
    pub(crate) fn accept(&self, answers: &[Answer]) -> Result<Accepted, Vec<Fault>> {
        let misfits = answers.iter().enumerate().filter_map(|(index, answer)| {
            let before = answers.get(..index).unwrap_or_default();
            let problem = self.problem_of(answer, before)?;
            Some(Fault {
                answer: Some(index),
                problem,
            })
        });
        let missing = self
            .questions
            .iter()
            .filter(|question| question.is_missing_in(answers));
        let missing = missing.map(|question| Fault {
            answer: None,
            problem: Problem::Missing {
                question_id: question.id.clone(),
            },
        });
        let faults: Vec<Fault> = misfits.chain(missing).collect();
        if faults.is_empty() {
            Ok(self.reading(answers))
        } else {
            Err(faults)
        }
    }

    fn problem_of(&self, answer: &Answer, before: &[Answer]) -> Option<Problem> {
        if before
            .iter()
            .any(|earlier| earlier.question_id == answer.question_id)
        {
            return Some(Problem::Repeated);
        }
        match self.question(&answer.question_id) {
            None => Some(Problem::UnknownQuestion),
            Some(question) => question.form.problem_of(&answer.value),
        }
    }

    fn reading(&self, answers: &[Answer]) -> Accepted {
        let rating = answers.iter().find_map(|answer| match answer.value {
            Value::Rating(rating) => self
                .question(&answer.question_id)
                .filter(|q| q.is_scored())
                .map(|_| rating),
            Value::Text(_) => None,
        });
        let sentiment = rating.map(|rating| self.metric.sentiment(rating));
        Accepted {
            rating,
            sentiment,
            has_text: answers.iter().any(Answer::says_something),
        }
    }
}

impl Question {
    /// A text of nothing but space is no answer to a question that must be answered.
    fn is_missing_in(&self, answers: &[Answer]) -> bool {
        let given = |answer: &&Answer| answer.question_id == self.id;
        self.required
            && answers
                .iter()
                .find(given)
                .is_none_or(|answer| match &answer.value {
                    Value::Rating(_) => false,
                    Value::Text(text) => text.trim().is_empty(),
                })
    }
}

impl Form {
    fn problem_of(self, value: &Value) -> Option<Problem> {
        match (self, value) {
            (
                Self::Rating {
                    minimum, maximum, ..
                },
                Value::Rating(rating),
            ) => {
                let fits = (minimum..=maximum).contains(rating);
                (!fits).then_some(Problem::OutOfRange { minimum, maximum })
            }
            (Self::Text { max_length }, Value::Text(text)) => {
                let most = usize::try_from(max_length).unwrap_or_default();
                (text.chars().count() > most).then_some(Problem::TooLong { max_length })
            }
            (Self::Rating { .. }, Value::Text(_)) => Some(Problem::RatingWanted),
            (Self::Text { .. }, Value::Rating(_)) => Some(Problem::TextWanted),
        }
    }
}

impl Answer {
    /// What was written; `None`: nothing, or it is a rating.
    pub(crate) fn words(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) if !text.is_empty() => Some(text),
            Value::Rating(_) | Value::Text(_) => None,
        }
    }

    fn says_something(&self) -> bool {
        matches!(&self.value, Value::Text(text) if !text.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::samples;

    fn rating(question_id: &str, rating: i32) -> Answer {
        Answer {
            question_id: question_id.to_owned(),
            value: Value::Rating(rating),
        }
    }

    fn text(question_id: &str, text: &str) -> Answer {
        Answer {
            question_id: question_id.to_owned(),
            value: Value::Text(text.to_owned()),
        }
    }

    fn problems(answers: &[Answer]) -> Vec<(Option<usize>, Problem)> {
        let faults = samples::nps().accept(answers).unwrap_err();
        faults
            .into_iter()
            .map(|fault| (fault.answer, fault.problem))
            .collect()
    }

    #[test]
    fn fitting_answers_are_read() {
        let accepted = samples::nps().accept(&[text("why", "late"), rating("recommend", 0)]);
        let expected = Accepted {
            rating: Some(0),
            sentiment: Some(Sentiment::Detractor),
            has_text: true,
        };
        assert_eq!(accepted, Ok(expected));
    }

    #[test]
    fn a_text_of_nothing_says_nothing() {
        let accepted = samples::nps().accept(&[rating("recommend", 9), text("why", " \n")]);
        assert!(!accepted.unwrap().has_text);
    }

    #[test]
    fn a_scored_question_that_is_optional_may_be_left_out() {
        let mut questionnaire = samples::nps();
        questionnaire.questions[0].required = false;
        let accepted = questionnaire.accept(&[text("why", "late")]).unwrap();
        assert_eq!((accepted.rating, accepted.sentiment), (None, None));
    }

    #[test]
    fn a_required_text_of_nothing_is_missing() {
        let mut questionnaire = samples::nps();
        questionnaire.questions[1].required = true;
        let faults = questionnaire
            .accept(&[rating("recommend", 9), text("why", " ")])
            .unwrap_err();
        let problem = Problem::Missing {
            question_id: "why".to_owned(),
        };
        assert_eq!(
            faults,
            [Fault {
                answer: None,
                problem
            }]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let missing = Problem::Missing {
            question_id: "recommend".to_owned(),
        };
        assert_eq!(
            problems(&[
                text("why", "a text of 21 letters!"),
                rating("nobody", 1),
                rating("why", 1)
            ]),
            [
                (Some(0), Problem::TooLong { max_length: 20 }),
                (Some(1), Problem::UnknownQuestion),
                (Some(2), Problem::Repeated),
                (None, missing),
            ]
        );
        assert_eq!(
            problems(&[text("recommend", "nine")]),
            [(Some(0), Problem::RatingWanted)]
        );
        assert_eq!(
            problems(&[rating("why", 3), rating("recommend", 3)]),
            [(Some(0), Problem::TextWanted)]
        );
    }

    #[test]
    fn length_is_counted_in_characters() {
        let twenty = "好".repeat(20);
        assert!(
            samples::nps()
                .accept(&[rating("recommend", 9), text("why", &twenty)])
                .is_ok()
        );
    }

    proptest! {
        #[test]
        fn ratings_are_accepted_exactly_within_their_scale(given: i32) {
            let accepted = samples::nps().accept(&[rating("recommend", given)]);
            prop_assert_eq!(accepted.is_ok(), (0..=10).contains(&given));
        }

        #[test]
        fn no_set_of_answers_is_accepted_with_a_fault_in_it(
            answers in prop::collection::vec(
                (prop::sample::select(vec!["recommend", "why", "other"]), any::<bool>(), -2..13),
                0..4,
            ),
        ) {
            let answers: Vec<Answer> = answers
                .into_iter()
                .map(|(id, is_text, value)| {
                    if is_text { text(id, "because") } else { rating(id, value) }
                })
                .collect();
            let count = |id: &str| answers.iter().filter(|answer| answer.question_id == id).count();
            let fits = answers.iter().all(|answer| match (&*answer.question_id, &answer.value) {
                ("recommend", Value::Rating(rating)) => (0..=10).contains(rating),
                ("why", Value::Text(_)) => true,
                _ => false,
            });
            let expected = fits && count("recommend") == 1 && count("why") <= 1;
            prop_assert_eq!(samples::nps().accept(&answers).is_ok(), expected);
        }
    }
}
