use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::StoreError;
use crate::domain::score::Ratings;
use crate::domain::{CustomerId, Response};

/// Keeps the rating of a response for scores.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    customer: CustomerId,
    questionnaire_id: &str,
    response: &Response,
    rating: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO ratings (customer_id, invitation_id, questionnaire_id, submitted_at, rating)
         VALUES ($1, $2, $3, $4, $5)",
        customer.0,
        response.invitation.0,
        questionnaire_id,
        response.submitted_at.to_sqlx() as jiff_sqlx::Timestamp,
        rating,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How often each rating of a questionnaire was given, from `start` until before `end`. Of ratings whose responses are
/// gone only the day is known: they count as given when it began.
pub(crate) async fn count(
    connection: &mut PgConnection,
    questionnaire_id: &str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Result<Ratings, StoreError> {
    let counted = sqlx::query!(
        r#"SELECT rating AS "rating!", sum(responses)::bigint AS "count!" FROM (
               SELECT rating, count(*) AS responses FROM ratings
               WHERE questionnaire_id = $1
                 AND submitted_at >= coalesce($2::timestamptz, '-infinity')
                 AND submitted_at < coalesce($3::timestamptz, 'infinity')
               GROUP BY rating
               UNION ALL
               SELECT rating, responses FROM past_ratings
               WHERE questionnaire_id = $1
                 AND day::timestamp AT TIME ZONE 'UTC' >= coalesce($2::timestamptz, '-infinity')
                 AND day::timestamp AT TIME ZONE 'UTC' < coalesce($3::timestamptz, 'infinity')
           ) AS given
           GROUP BY rating"#,
        questionnaire_id,
        start.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        end.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
    );
    let counted = counted.fetch_all(connection).await?;
    let unsigned = |count| u64::try_from(count).unwrap_or_default();
    Ok(counted
        .into_iter()
        .map(|row| (row.rating, unsigned(row.count)))
        .collect())
}
