//! Questionnaires, who is asked, what counts as an answer, and what the answers add up to. Pure: no
//! clock, no database, no wire.

mod answers;
mod invitation;
mod metric;
mod questionnaire;
pub(crate) mod score;

pub(crate) use answers::{Accepted, Answer, Fault, Problem, Response, ResponseId, Value};
pub(crate) use invitation::{
    Asked, CustomerId, Invitation, InvitationId, NotOpen, Occasion, State, Trigger,
};
pub(crate) use metric::{Metric, Sentiment};
pub(crate) use questionnaire::{Form, Question, Questionnaire};

#[cfg(test)]
pub(crate) use questionnaire::samples;
