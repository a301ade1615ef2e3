use jiff::Timestamp;

use super::Metric;

/// One version of a list of questions. Versions never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Questionnaire {
    /// For example `nps-order`.
    pub(crate) id: String,
    /// 1, 2, 3 …
    pub(crate) version: i32,
    pub(crate) display_name: String,
    pub(crate) metric: Metric,
    pub(crate) published_at: Timestamp,
    /// In the order of asking.
    pub(crate) questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// Stable across versions.
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) required: bool,
    pub(crate) form: Form,
}

/// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A whole number, both ends included. The scored one is what the metric is computed from.
    Rating {
        minimum: i32,
        maximum: i32,
        scored: bool,
    },
    /// Text of at most so many characters.
    Text { max_length: i32 },
}

impl Questionnaire {
    /// The question of that id.
    pub(crate) fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }
}

impl Question {
    /// Whether the metric is computed from it.
    pub(crate) fn is_scored(&self) -> bool {
        matches!(self.form, Form::Rating { scored: true, .. })
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A required scored rating `recommend` of 0 to 10 and an optional text `why` of 20 characters.
    pub(crate) fn nps() -> Questionnaire {
        Questionnaire {
            id: "nps-order".to_owned(),
            version: 1,
            display_name: "Your order".to_owned(),
            metric: Metric::Nps,
            published_at: Timestamp::UNIX_EPOCH,
            questions: vec![
                Question {
                    id: "recommend".to_owned(),
                    text: "Would you recommend us?".to_owned(),
                    required: true,
                    form: Form::Rating {
                        minimum: 0,
                        maximum: 10,
                        scored: true,
                    },
                },
                Question {
                    id: "why".to_owned(),
                    text: "Why?".to_owned(),
                    required: false,
                    form: Form::Text { max_length: 20 },
                },
            ],
        }
    }
}
