use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{Answer, CustomerId, InvitationId, Response, ResponseId, Value};

/// One answer, beside what it shares with the others of its response.
struct Row {
    response_id: Uuid,
    submitted_at: jiff_sqlx::Timestamp,
    question_id: String,
    rating: Option<i32>,
    written: Option<String>,
}

/// The answer to an invitation, if it has one.
pub(crate) async fn find(
    connection: &mut PgConnection,
    customer: CustomerId,
    invitation: InvitationId,
) -> Result<Option<Response>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT response_id, submitted_at, question_id, rating, written
         FROM responses JOIN answers USING (customer_id, invitation_id)
         WHERE customer_id = $1 AND invitation_id = $2
         ORDER BY ordinal",
        customer.0,
        invitation.0,
    );
    let rows = rows.fetch_all(connection).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let (id, submitted_at) = (ResponseId(first.response_id), first.submitted_at.to_jiff());
    let answers = rows
        .into_iter()
        .map(Answer::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Some(Response {
        id,
        invitation,
        submitted_at,
        answers,
    }))
}

/// Adds a response with all of its answers in one statement.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    customer: CustomerId,
    response: &Response,
) -> Result<(), StoreError> {
    let question_ids: Vec<&str> = response
        .answers
        .iter()
        .map(|answer| answer.question_id.as_str())
        .collect();
    let ratings: Vec<Option<i32>> = response.answers.iter().map(Answer::rating).collect();
    let texts: Vec<Option<&str>> = response.answers.iter().map(Answer::text).collect();
    sqlx::query!(
        "WITH response AS (
             INSERT INTO responses (customer_id, invitation_id, response_id, submitted_at)
             VALUES ($1, $2, $3, $4))
         INSERT INTO answers (customer_id, invitation_id, ordinal, question_id, rating, written)
         SELECT $1, $2, ordinal, question_id, rating, written
         FROM unnest($5::text[], $6::integer[], $7::text[])
              WITH ORDINALITY AS given (question_id, rating, written, ordinal)",
        customer.0,
        response.invitation.0,
        response.id.0,
        response.submitted_at.to_sqlx() as jiff_sqlx::Timestamp,
        &question_ids as &[&str],
        &ratings as &[Option<i32>],
        &texts as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl Answer {
    fn rating(&self) -> Option<i32> {
        match self.value {
            Value::Rating(rating) => Some(rating),
            Value::Text(_) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Rating(_) => None,
            Value::Text(text) => Some(text),
        }
    }
}

impl TryFrom<Row> for Answer {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let value = match (row.rating, row.written) {
            (Some(rating), None) => Value::Rating(rating),
            (None, Some(text)) => Value::Text(text),
            _ => return Err(StoreError::Incomplete { table: "answers" }),
        };
        Ok(Self {
            question_id: row.question_id,
            value,
        })
    }
}
