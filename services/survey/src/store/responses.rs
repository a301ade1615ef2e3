use jiff_sqlx::ToSqlx as _;
use seal::{DataKey, Kept, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::sealed::{self, ANSWER, Written};
use crate::domain::{Answer, CustomerId, InvitationId, Response, ResponseId, Value};

/// One answer with the key of its customer, beside what it shares with the others of its response. What was written
/// before it was sealed stands in `written`.
struct Row {
    customer_id: Uuid,
    invitation_id: Uuid,
    response_id: Uuid,
    submitted_at: jiff_sqlx::Timestamp,
    ordinal: i32,
    question_id: String,
    rating: Option<i32>,
    written: Option<String>,
    said: Option<Vec<u8>>,
    master_id: Option<String>,
    wrapped: Option<Vec<u8>>,
    is_erased: Option<bool>,
}

/// The answer to an invitation, if it has one.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keyring: &Keyring,
    customer: CustomerId,
    invitation: InvitationId,
) -> Result<Option<Response>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT customer_id, invitation_id, response_id, submitted_at, ordinal, question_id, rating,
                  written, said, k.master_id AS "master_id?", k.wrapped AS "wrapped?",
                  k.erased_at IS NOT NULL AS "is_erased?"
           FROM responses JOIN answers USING (customer_id, invitation_id)
           LEFT JOIN subject_keys AS k USING (customer_id)
           WHERE customer_id = $1 AND invitation_id = $2
           ORDER BY ordinal"#,
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
        .map(|row| row.read(keyring))
        .collect::<Result<_, _>>()?;
    Ok(Some(Response {
        id,
        invitation,
        submitted_at,
        answers,
    }))
}

/// Adds a response with all of its answers in one statement. What was written in it is sealed by the key of the
/// customer, which may be `None` where nothing was.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    key: Option<&DataKey>,
    customer: CustomerId,
    response: &Response,
) -> Result<(), StoreError> {
    let question_ids: Vec<&str> = response
        .answers
        .iter()
        .map(|answer| answer.question_id.as_str())
        .collect();
    let ratings: Vec<Option<i32>> = response.answers.iter().map(Answer::rating).collect();
    let texts: Vec<Option<&str>> = response.answers.iter().map(Answer::beside).collect();
    let numbered = (1..).zip(&response.answers);
    let said = numbered.map(|(ordinal, answer)| said(key, response.invitation, ordinal, answer));
    let said: Vec<Option<Vec<u8>>> = said.collect::<Result<_, _>>()?;
    sqlx::query!(
        "WITH response AS (
             INSERT INTO responses (customer_id, invitation_id, response_id, submitted_at)
             VALUES ($1, $2, $3, $4))
         INSERT INTO answers (customer_id, invitation_id, ordinal, question_id, rating, written, said)
         SELECT $1, $2, ordinal, question_id, rating, written, said
         FROM unnest($5::text[], $6::integer[], $7::text[], $8::bytea[])
              WITH ORDINALITY AS given (question_id, rating, written, said, ordinal)",
        customer.0,
        response.invitation.0,
        response.id.0,
        response.submitted_at.to_sqlx() as jiff_sqlx::Timestamp,
        &question_ids as &[&str],
        &ratings as &[Option<i32>],
        &texts as &[Option<&str>],
        &said as &[Option<Vec<u8>>],
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

    /// What stands in clear beside what was written: that it is a text.
    fn beside(&self) -> Option<&'static str> {
        match self.value {
            Value::Rating(_) => None,
            Value::Text(_) => Some(""),
        }
    }
}

/// What was written in an answer, sealed.
fn said(
    key: Option<&DataKey>,
    invitation: InvitationId,
    ordinal: i64,
    answer: &Answer,
) -> Result<Option<Vec<u8>>, StoreError> {
    let seal = |words: &str| {
        let key = key.ok_or(StoreError::Erased)?;
        sealed::written(key, invitation, ordinal, words)
    };
    answer.words().map(seal).transpose()
}

impl Row {
    fn read(mut self, keyring: &Keyring) -> Result<Answer, StoreError> {
        let written = self.written(keyring)?;
        let value = match (self.rating, written) {
            (Some(rating), None) => Value::Rating(rating),
            (None, Some(text)) => Value::Text(text),
            _ => return Err(StoreError::Incomplete { table: "answers" }),
        };
        Ok(Answer {
            question_id: self.question_id,
            value,
        })
    }

    fn written(&mut self, keyring: &Keyring) -> Result<Option<String>, StoreError> {
        let key = (self.master_id.take(), self.wrapped.take());
        let kept = Kept::new(self.said.take(), key, self.is_erased);
        let place = (self.invitation_id, self.ordinal.into());
        let said: Option<Written> = kept.open(keyring, ANSWER, self.customer_id, place)?;
        let said = said.map(|said| said.written);
        Ok(said.or_else(|| self.written.take()))
    }
}
