use contract::patron::survey::v1 as wire;
use contract::time::timestamp;
use wire::question::Form as WireForm;

use crate::domain::{Form, Metric, Question, Questionnaire};

/// The questionnaire as callers see it.
pub(crate) fn questionnaire(questionnaire: &Questionnaire) -> wire::Questionnaire {
    wire::Questionnaire {
        questionnaire_id: questionnaire.id.clone(),
        version: questionnaire.version,
        display_name: questionnaire.display_name.clone(),
        metric: metric(questionnaire.metric).into(),
        questions: questionnaire.questions.iter().map(question).collect(),
        publish_time: Some(timestamp(questionnaire.published_at)),
    }
}

/// The metric in the contract.
pub(crate) fn metric(metric: Metric) -> wire::Metric {
    match metric {
        Metric::Nps => wire::Metric::Nps,
        Metric::Csat => wire::Metric::Csat,
        Metric::Ces => wire::Metric::Ces,
    }
}

fn question(question: &Question) -> wire::Question {
    let form = match question.form {
        Form::Rating {
            minimum,
            maximum,
            scored,
        } => WireForm::Rating(wire::RatingForm {
            minimum,
            maximum,
            scored,
        }),
        Form::Text { max_length } => WireForm::TextForm(wire::TextForm { max_length }),
    };
    wire::Question {
        question_id: question.id.clone(),
        text: question.text.clone(),
        required: question.required,
        form: Some(form),
    }
}
