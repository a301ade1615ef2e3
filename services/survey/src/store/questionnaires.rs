use sqlx::PgConnection;

use super::{StoreError, named};
use crate::domain::{Form, Metric, Question, Questionnaire};

/// One question, beside what it shares with the others of its version.
struct Row {
    questionnaire_id: String,
    version: i32,
    display_name: String,
    metric: String,
    published_at: jiff_sqlx::Timestamp,
    question_id: String,
    question: String,
    required: bool,
    form: String,
    minimum: Option<i32>,
    maximum: Option<i32>,
    scored: bool,
    max_length: Option<i32>,
}

/// A checked query for questionnaires with their questions; the tail says which.
macro_rules! select {
    ($tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT questionnaire_id, version, display_name, metric, published_at, question_id,
                    question, required, form, minimum, maximum, scored, max_length
             FROM questionnaires AS listed JOIN questions USING (questionnaire_id, version) "
                + $tail,
            $($argument),+
        )
    };
}

/// The latest version of a questionnaire.
pub(crate) async fn current(
    connection: &mut PgConnection,
    id: &str,
) -> Result<Option<Questionnaire>, StoreError> {
    let rows = select!(
        "WHERE questionnaire_id = $1
           AND version = (SELECT max(version) FROM questionnaires WHERE questionnaire_id = $1)
         ORDER BY ordinal",
        id,
    );
    Ok(gathered(rows.fetch_all(connection).await?)?.pop())
}

/// One version of a questionnaire.
pub(crate) async fn version(
    connection: &mut PgConnection,
    id: &str,
    version: i32,
) -> Result<Option<Questionnaire>, StoreError> {
    let rows = select!(
        "WHERE questionnaire_id = $1 AND version = $2 ORDER BY ordinal",
        id,
        version,
    );
    Ok(gathered(rows.fetch_all(connection).await?)?.pop())
}

/// The latest versions of up to `limit` questionnaires after this id, by id.
pub(crate) async fn list(
    connection: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<Questionnaire>, StoreError> {
    let rows = select!(
        "WHERE (questionnaire_id, version) IN (
             SELECT questionnaire_id, max(version) FROM questionnaires
             WHERE questionnaire_id > $1
             GROUP BY questionnaire_id ORDER BY questionnaire_id LIMIT $2)
         ORDER BY questionnaire_id, ordinal",
        after,
        limit,
    );
    gathered(rows.fetch_all(connection).await?)
}

/// What a questionnaire measures.
pub(crate) async fn metric(
    connection: &mut PgConnection,
    id: &str,
) -> Result<Option<Metric>, StoreError> {
    let name = sqlx::query_scalar!(
        "SELECT metric FROM questionnaires WHERE questionnaire_id = $1
         ORDER BY version DESC LIMIT 1",
        id,
    );
    let name = name.fetch_optional(connection).await?;
    name.map(|name| named("questionnaires.metric", name, Metric::from_name))
        .transpose()
}

/// Puts questions that follow each other into the questionnaire that they belong to.
fn gathered(rows: Vec<Row>) -> Result<Vec<Questionnaire>, StoreError> {
    let mut gathered: Vec<Questionnaire> = Vec::new();
    for row in rows {
        let of_last = gathered
            .last_mut()
            .filter(|last| last.id == row.questionnaire_id);
        let question = question(&row)?;
        match of_last {
            Some(last) => last.questions.push(question),
            None => gathered.push(questionnaire(row, question)?),
        }
    }
    Ok(gathered)
}

fn questionnaire(row: Row, first: Question) -> Result<Questionnaire, StoreError> {
    Ok(Questionnaire {
        id: row.questionnaire_id,
        version: row.version,
        display_name: row.display_name,
        metric: named("questionnaires.metric", row.metric, Metric::from_name)?,
        published_at: row.published_at.to_jiff(),
        questions: vec![first],
    })
}

fn question(row: &Row) -> Result<Question, StoreError> {
    let form = match (row.form.as_str(), row.minimum, row.maximum, row.max_length) {
        ("rating", Some(minimum), Some(maximum), _) => Form::Rating {
            minimum,
            maximum,
            scored: row.scored,
        },
        ("text", _, _, Some(max_length)) => Form::Text { max_length },
        ("rating" | "text", ..) => return Err(StoreError::Incomplete { table: "questions" }),
        (other, ..) => {
            let value = other.to_owned();
            return Err(StoreError::UnknownName {
                column: "questions.form",
                value,
            });
        }
    };
    Ok(Question {
        id: row.question_id.clone(),
        text: row.question.clone(),
        required: row.required,
        form,
    })
}
