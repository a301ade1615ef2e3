//! Pairs of customers.
//!
//! Whoever decides on a pair locks its row, and then the customers.

use std::collections::BTreeSet;

use jiff_sqlx::ToSqlx as _;
use seal::Keyring;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::row::{CandidateRow, NewRow, state_name};
use crate::domain::identity::candidate::{Candidate, Pair, Place, Verdict};
use crate::domain::identity::match_policy::{MatchPolicy, Totals};
use crate::domain::ids::CustomerId;
use crate::store::remarks::CANDIDATE;
use crate::store::sealed::of_match_key;
use crate::store::{Keys, StoreError};

/// A score that no pair has: it is above all.
const ABOVE_ALL: i32 = 1001;

/// Before the first of the queue.
pub(crate) const FIRST: Place = (
    ABOVE_ALL,
    Pair {
        older: CustomerId(Uuid::max()),
        newer: CustomerId(Uuid::max()),
    },
);

/// Writes how pairs compare. What somebody has rejected stays rejected, what was merged stays merged until
/// the two are parted, and what compared older versions of the two is not written.
pub(crate) async fn put(
    connection: &mut PgConnection,
    candidates: &[Candidate],
) -> Result<(), StoreError> {
    if candidates.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = candidates.iter().map(NewRow::of).collect();
    // In their order, so that two at once don't wait for each other.
    sqlx::query!(
        "INSERT INTO match_candidates AS known
             (older, newer, older_version, newer_version, score_permille, evidence, refusal, state,
              find_time)
         SELECT older, newer, older_version, newer_version, score_permille, evidence, refusal, state,
                find_time
         FROM jsonb_populate_recordset(NULL::match_candidates, $1) ORDER BY older, newer
         ON CONFLICT (older, newer) DO UPDATE SET
             older_version = excluded.older_version, newer_version = excluded.newer_version,
             score_permille = excluded.score_permille, evidence = excluded.evidence,
             refusal = excluded.refusal, state = excluded.state,
             find_time = CASE known.state WHEN 'open' THEN known.find_time ELSE excluded.find_time END,
             decided_by = NULL, decide_time = NULL, reason = NULL, sealed_reason = NULL
         WHERE known.state <> 'rejected'
           AND (known.state <> 'merged' OR known.older_version < excluded.older_version)
           AND known.older_version <= excluded.older_version
           AND known.newer_version <= excluded.newer_version",
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next `limit` after one of those that wait for a person: likely enough to ask, and not to be merged
/// by a policy. Without a policy's merges: of all that are likely enough.
pub(crate) async fn waiting(
    connection: &mut PgConnection,
    (review_from, merge_from): (i32, Option<i32>),
    (score, after): Place,
    limit: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let rows = sqlx::query_as!(
        CandidateRow,
        r#"SELECT older, newer, older_version, newer_version, score_permille, evidence, refusal, state,
                  find_time AS "find_time: _"
           FROM match_candidates
           WHERE state = 'open' AND score_permille >= $1 AND (refusal <> '' OR score_permille < $2)
             AND (score_permille, older, newer) < ($3, $4, $5)
           ORDER BY score_permille DESC, older DESC, newer DESC LIMIT $6"#,
        review_from,
        merge_from.unwrap_or(ABOVE_ALL),
        score,
        after.older.0,
        after.newer.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(CandidateRow::into_domain).collect()
}

/// The next `limit` after one of those that a policy merges.
pub(crate) async fn due(
    connection: &mut PgConnection,
    merge_from: i32,
    (score, after): Place,
    limit: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let rows = sqlx::query_as!(
        CandidateRow,
        r#"SELECT older, newer, older_version, newer_version, score_permille, evidence, refusal, state,
                  find_time AS "find_time: _"
           FROM match_candidates
           WHERE state = 'open' AND score_permille >= $1 AND refusal = ''
             AND (score_permille, older, newer) < ($2, $3, $4)
           ORDER BY score_permille DESC, older DESC, newer DESC LIMIT $5"#,
        merge_from,
        score,
        after.older.0,
        after.newer.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(CandidateRow::into_domain).collect()
}

/// How many a policy would merge, and about how many it would ask.
pub(crate) async fn totals(
    connection: &mut PgConnection,
    policy: &MatchPolicy,
) -> Result<Totals, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE refusal = '' AND score_permille >= $2) AS "merges!",
                  count(*) FILTER (WHERE refusal <> '' OR score_permille < $2) AS "reviews!"
           FROM match_candidates WHERE state = 'open' AND score_permille >= $1"#,
        policy.review_from,
        policy.merge_from.unwrap_or(ABOVE_ALL),
    )
    .fetch_one(connection)
    .await?;
    Ok(Totals {
        merges: row.merges,
        reviews: row.reviews,
    })
}

/// Locks a pair and reads it. Waits for whoever has it.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    pair: Pair,
) -> Result<Option<Candidate>, StoreError> {
    let row = sqlx::query_as!(
        CandidateRow,
        r#"SELECT older, newer, older_version, newer_version, score_permille, evidence, refusal, state,
                  find_time AS "find_time: _"
           FROM match_candidates WHERE older = $1 AND newer = $2 FOR UPDATE"#,
        pair.older.0,
        pair.newer.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(CandidateRow::into_domain).transpose()
}

/// Writes how a pair was decided on. The keys are those of the older of the two.
pub(crate) async fn decide(
    connection: &mut PgConnection,
    keys: &Keys,
    pair: Pair,
    verdict: &Verdict,
) -> Result<(), StoreError> {
    let (older, newer) = (pair.older.0, pair.newer.0);
    sqlx::query!(
        "UPDATE match_candidates SET state = $3, decided_by = $4, reason = '', sealed_reason = $5,
             decide_time = $6
         WHERE older = $1 AND newer = $2",
        older,
        newer,
        state_name(verdict.state),
        verdict.actor,
        keys.remark(older, CANDIDATE, newer, &verdict.reason)?,
        verdict.at.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes why the policy can't merge a pair.
pub(crate) async fn refuse(
    connection: &mut PgConnection,
    pair: Pair,
    refusal: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE match_candidates SET refusal = $3
         WHERE older = $1 AND newer = $2 AND state = 'open'",
        pair.older.0,
        pair.newer.0,
        refusal,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes the open pairs of ids that are not known by themselves any more.
pub(crate) async fn close_all(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE match_candidates SET state = 'closed'
         WHERE state = 'open' AND (older = ANY ($1) OR newer = ANY ($1))",
        ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Those of these match keys that several customers have, but at most so many.
pub(crate) async fn telling(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[String],
    most: i32,
) -> Result<BTreeSet<String>, StoreError> {
    let prints = (0_i32..).zip(keys);
    let prints = prints.flat_map(|(place, key)| {
        let prints = of_match_key(keyring, key).into_iter();
        prints.map(move |print| (place, print))
    });
    let (places, prints): (Vec<i32>, Vec<i64>) = prints.unzip();
    let rows = sqlx::query_scalar!(
        r#"SELECT place AS "place!" FROM (
               SELECT place, array_agg(print) AS prints
               FROM unnest($1::integer[], $2::bigint[]) AS asked (place, print) GROUP BY place) AS key
           WHERE (SELECT count(*) FROM (
               SELECT FROM customers WHERE match_keys && key.prints LIMIT $3 + 1) AS having_it)
               BETWEEN 2 AND $3"#,
        &places,
        &prints,
        most,
    )
    .fetch_all(connection)
    .await?;
    let found = rows
        .into_iter()
        .filter_map(|place| usize::try_from(place).ok());
    Ok(found.filter_map(|place| keys.get(place).cloned()).collect())
}

/// Which of these customers are of a pair that is open or was merged.
pub(crate) async fn paired(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT older AS "id!" FROM match_candidates
           WHERE older = ANY ($1) AND state IN ('open', 'merged')
           UNION
           SELECT newer FROM match_candidates
           WHERE newer = ANY ($1) AND state IN ('open', 'merged')"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(CustomerId).collect())
}

/// With whom a customer is a pair that is open or was merged, at most `limit`.
pub(crate) async fn partners(
    connection: &mut PgConnection,
    id: CustomerId,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT newer AS "id!" FROM match_candidates
           WHERE older = $1 AND state IN ('open', 'merged')
           UNION ALL
           SELECT older FROM match_candidates
           WHERE newer = $1 AND state IN ('open', 'merged') LIMIT $2"#,
        id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The ids of which somebody has said that they are not the person with these homes: by rejecting the pair
/// or by taking a link back. Read from the links themselves, so that it holds from the unmerge on and not
/// only once that is heard of.
pub(crate) async fn strangers(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT newer AS "id!" FROM links WHERE older = ANY ($1) AND undone_at IS NOT NULL
           UNION
           SELECT older FROM links WHERE newer = ANY ($1) AND undone_at IS NOT NULL
           UNION
           SELECT newer FROM match_candidates WHERE older = ANY ($1) AND state = 'rejected'
           UNION
           SELECT older FROM match_candidates WHERE newer = ANY ($1) AND state = 'rejected'"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(CustomerId).collect())
}
