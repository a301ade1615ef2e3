//! What is heard of people: scores that they gave, their complaints, and interactions. Each stands under the id
//! for which it came.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::health::Since;
use crate::domain::health::heard::{Answer, Case, Contact, Heard, MOST_CONTACTS, Priority};
use crate::domain::ids::CustomerId;
use crate::domain::interaction::Kind;
use crate::store::{CorruptRow, StoreError};

/// The most complaints under one id that are looked at: the open ones, then those that were opened last.
const MOST_CASES: i64 = 200;

const PRIORITIES: [(Priority, &str); 4] = [
    (Priority::Low, "low"),
    (Priority::Normal, "normal"),
    (Priority::High, "high"),
    (Priority::Urgent, "urgent"),
];

/// A complaint: under which id it was opened, and its own.
pub(crate) type CaseKey = (Uuid, Uuid);

/// Those of these ids who exist, and to whom each leads. Nobody joins, parts or removes them until the
/// transaction ends.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<BTreeMap<Uuid, CustomerId>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, profile_id FROM customers WHERE customer_id = ANY ($1)
         ORDER BY customer_id FOR SHARE",
        homes,
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    let led = rows.map(|row| (row.customer_id, CustomerId(row.profile_id)));
    Ok(led.collect())
}

/// Sets those due to whom these ids lead, since something is heard of them in this transaction, if there is
/// a policy by which that matters. To be called before events are appended, like `evaluations::mark`.
pub(crate) async fn mark(
    connection: &mut PgConnection,
    homes: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    // Nobody is joined or parted until the transaction ends: or else the survivor could be decided on before this is
    // there to be seen.
    sqlx::query!(
        "WITH led AS MATERIALIZED (
             SELECT profile_id FROM customers
             WHERE customer_id = ANY ($1) AND EXISTS (SELECT FROM policies WHERE kind = 'health')
             ORDER BY customer_id FOR SHARE
         )
         INSERT INTO segment_evaluations AS known (customer_id, due_time)
         SELECT DISTINCT profile_id, $2::timestamptz FROM led ORDER BY profile_id
         ON CONFLICT (customer_id) DO UPDATE SET due_time = least(known.due_time, excluded.due_time)",
        homes,
        now.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps scores, each under its id, unless a later one is there.
pub(crate) async fn put_answers(
    connection: &mut PgConnection,
    answers: &BTreeMap<Uuid, Answer>,
) -> Result<(), StoreError> {
    let homes: Vec<Uuid> = answers.keys().copied().collect();
    let responses: Vec<Uuid> = answers.values().map(|it| it.response).collect();
    let scores: Vec<i16> = answers.values().map(|it| it.score).collect();
    let times: Vec<_> = answers.values().map(|it| it.time.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO health_answers AS known (customer_id, response_id, score, answer_time)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[])
         ON CONFLICT (customer_id) DO UPDATE SET
             response_id = excluded.response_id, score = excluded.score,
             answer_time = excluded.answer_time
         WHERE (excluded.answer_time, excluded.response_id) > (known.answer_time, known.response_id)",
        &homes,
        &responses,
        &scores,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// These complaints as they are kept.
pub(crate) async fn cases(
    connection: &mut PgConnection,
    keys: &[CaseKey],
) -> Result<BTreeMap<CaseKey, Case>, StoreError> {
    let (homes, ids): (Vec<Uuid>, Vec<Uuid>) = keys.iter().copied().unzip();
    let rows = sqlx::query_as!(
        CaseRow,
        "SELECT known.customer_id, known.case_id, priority, open_time, is_open, revision
         FROM unnest($1::uuid[], $2::uuid[]) AS asked (customer_id, case_id)
         JOIN health_cases AS known USING (customer_id, case_id)",
        &homes,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let cases = rows.into_iter().map(|row| {
        let key = (row.customer_id, row.case_id);
        Ok((key, row.into_domain()?))
    });
    cases.collect()
}

/// Keeps complaints.
pub(crate) async fn put_cases(
    connection: &mut PgConnection,
    cases: &BTreeMap<CaseKey, Case>,
) -> Result<(), StoreError> {
    let (homes, ids): (Vec<Uuid>, Vec<Uuid>) = cases.keys().copied().unzip();
    let priorities: Vec<&str> = cases.values().map(|it| name(it.priority)).collect();
    let opened: Vec<_> = cases.values().map(|it| it.opened.to_sqlx()).collect();
    let are_open: Vec<bool> = cases.values().map(|it| it.is_open).collect();
    let revisions: Vec<i64> = cases.values().map(|it| it.revision).collect();
    sqlx::query!(
        "INSERT INTO health_cases (customer_id, case_id, priority, open_time, is_open, revision)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::boolean[],
                              $6::bigint[])
         ON CONFLICT (customer_id, case_id) DO UPDATE SET
             is_open = excluded.is_open, revision = excluded.revision",
        &homes,
        &ids,
        &priorities as &[&str],
        &opened,
        &are_open,
        &revisions,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is heard under each of these ids.
pub(crate) async fn of(
    connection: &mut PgConnection,
    homes: &[Uuid],
    since: Since,
) -> Result<HashMap<CustomerId, Heard>, StoreError> {
    let mut heard: HashMap<CustomerId, Heard> = HashMap::new();
    for (home, answer) in answers(connection, homes).await? {
        heard.entry(home).or_default().answer = Some(answer);
    }
    for (home, case) in cases_since(connection, homes, since.cases).await? {
        heard.entry(home).or_default().cases.push(case);
    }
    for (home, contact) in contacts(connection, homes, since.contacts).await? {
        heard.entry(home).or_default().contacts.push(contact);
    }
    Ok(heard)
}

async fn answers(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<(CustomerId, Answer)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, response_id, score, answer_time
         FROM health_answers WHERE customer_id = ANY ($1)",
        homes,
    )
    .fetch_all(connection)
    .await?;
    let answers = rows.into_iter().map(|row| {
        let answer = Answer {
            time: row.answer_time.to_jiff(),
            response: row.response_id,
            score: row.score,
        };
        (CustomerId(row.customer_id), answer)
    });
    Ok(answers.collect())
}

async fn cases_since(
    connection: &mut PgConnection,
    homes: &[Uuid],
    since: Timestamp,
) -> Result<Vec<(CustomerId, Case)>, StoreError> {
    let rows = sqlx::query_as!(
        CaseRow,
        "SELECT customer_id, case_id, priority, open_time, is_open, revision
         FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
             SELECT * FROM health_cases
             WHERE customer_id = home AND (is_open OR open_time > $2)
             ORDER BY is_open DESC, open_time DESC, case_id DESC LIMIT $3
         ) AS latest",
        homes,
        since.to_sqlx(),
        MOST_CASES,
    )
    .fetch_all(connection)
    .await?;
    let cases = rows.into_iter().map(|row| {
        let home = CustomerId(row.customer_id);
        Ok((home, row.into_domain()?))
    });
    cases.collect()
}

async fn contacts(
    connection: &mut PgConnection,
    homes: &[Uuid],
    since: Timestamp,
) -> Result<Vec<(CustomerId, Contact)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, occur_time, entry_id, kind
         FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
             SELECT * FROM interactions WHERE customer_id = home AND occur_time > $2
             ORDER BY occur_time DESC, entry_id DESC LIMIT $3
         ) AS latest",
        homes,
        since.to_sqlx(),
        i64::from(MOST_CONTACTS),
    )
    .fetch_all(connection)
    .await?;
    let contacts = rows.into_iter().map(|row| {
        let kind = Kind::named(&row.kind).ok_or_else(|| corrupt("interactions", "kind"))?;
        let contact = Contact {
            time: row.occur_time.to_jiff(),
            entry: row.entry_id,
            kind,
        };
        Ok((CustomerId(row.customer_id), contact))
    });
    contacts.collect()
}

struct CaseRow {
    customer_id: Uuid,
    case_id: Uuid,
    priority: String,
    open_time: Timestamp,
    is_open: bool,
    revision: i64,
}

impl CaseRow {
    fn into_domain(self) -> Result<Case, StoreError> {
        let known = PRIORITIES.iter().find(|(_, name)| *name == self.priority);
        let (priority, _) = known.ok_or_else(|| corrupt("health_cases", "priority"))?;
        Ok(Case {
            priority: *priority,
            opened: self.open_time,
            is_open: self.is_open,
            revision: self.revision,
        })
    }
}

fn name(priority: Priority) -> &'static str {
    let known = PRIORITIES.iter().find(|(known, _)| *known == priority);
    known.map_or("", |(_, name)| name)
}

fn corrupt(table: &'static str, column: &'static str) -> StoreError {
    CorruptRow { table, column }.into()
}
