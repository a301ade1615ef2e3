use chassis::Refusal;
use contract::patron::survey::v1 as wire;
use contract::time::timestamp;
use tonic::Code;
use wire::ErrorReason;
use wire::answer::Value as WireValue;

use super::fields::{invalid, stored};
use crate::domain::{Answer, Fault, Problem, Response, Value};

/// What the customer answers. What only Patron sets is ignored.
pub(crate) fn answers(response: wire::Response) -> Result<Vec<Answer>, Refusal> {
    response
        .answers
        .into_iter()
        .enumerate()
        .map(|(index, given)| answer(index, given))
        .collect()
}

fn answer(index: usize, answer: wire::Answer) -> Result<Answer, Refusal> {
    let at = |field: &str| format!("response.answers[{index}].{field}");
    let value = match answer.value {
        Some(WireValue::Rating(rating)) => Value::Rating(rating),
        Some(WireValue::Text(text)) => Value::Text(stored(&at("text"), text)?),
        None => return Err(invalid(&at("value"), "is required")),
    };
    Ok(Answer {
        question_id: answer.question_id,
        value,
    })
}

/// The response as callers see it.
pub(crate) fn response(response: &Response) -> wire::Response {
    wire::Response {
        response_id: response.id.0.to_string(),
        invitation_id: response.invitation.0.to_string(),
        answers: response.answers.iter().map(wire_answer).collect(),
        submit_time: Some(timestamp(response.submitted_at)),
    }
}

fn wire_answer(answer: &Answer) -> wire::Answer {
    let value = match &answer.value {
        Value::Rating(rating) => WireValue::Rating(*rating),
        Value::Text(text) => WireValue::Text(text.clone()),
    };
    wire::Answer {
        question_id: answer.question_id.clone(),
        value: Some(value),
    }
}

/// The refusal of answers that do not fit, naming each.
pub(crate) fn refuse(faults: &[Fault]) -> Refusal {
    let refusal = Refusal::new(
        Code::InvalidArgument,
        ErrorReason::AnswersInvalid,
        "the answers do not fit the questionnaire",
    );
    faults.iter().fold(refusal, |refusal, fault| {
        refusal.field(place(fault), fault.problem.to_string())
    })
}

/// The path of what is wrong in the request.
fn place(fault: &Fault) -> String {
    let Some(index) = fault.answer else {
        return "response.answers".to_owned();
    };
    let field = match fault.problem {
        Problem::UnknownQuestion | Problem::Repeated | Problem::Missing { .. } => "question_id",
        Problem::RatingWanted | Problem::TooLong { .. } => "text",
        Problem::TextWanted | Problem::OutOfRange { .. } => "rating",
    };
    format!("response.answers[{index}].{field}")
}
