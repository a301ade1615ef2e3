use calendar::MonthDay;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store::StoreError;
use crate::store::numbers::Numbered;

/// What a day of a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DayKind {
    /// The birthday.
    Birthday,
    /// The day of joining.
    Joining,
}

impl Numbered for DayKind {
    const WHAT: &'static str = "kind of a member's day";
    const ALL: &'static [Self] = &[Self::Birthday, Self::Joining];
}

/// Notes the days on which members joined.
pub(crate) async fn joined(
    db: impl PgExecutor<'_>,
    members: &[(Uuid, Date)],
) -> Result<(), StoreError> {
    let (customers, days): (Vec<Uuid>, Vec<Date>) = members.iter().copied().unzip();
    let part = |of: fn(&Date) -> i16| days.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        r#"
        INSERT INTO member_days (customer_id, kind, month, day, year)
        SELECT customer_id, $5, month, day, year
        FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::smallint[])
            AS j (customer_id, month, day, year)
        ON CONFLICT DO NOTHING
        "#,
        &customers,
        &part(|day| day.month().into()),
        &part(|day| day.day().into()),
        &part(|day| day.year()),
        DayKind::Joining.number(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps a member's birthday and zone; `None` forgets the birthday.
pub(crate) async fn keep_birthday(
    db: &mut PgConnection,
    customer_id: Uuid,
    birthday: Option<MonthDay>,
    time_zone: Option<&str>,
) -> Result<(), StoreError> {
    let kind = DayKind::Birthday.number();
    let Some(birthday) = birthday else {
        sqlx::query!(
            "DELETE FROM member_days WHERE customer_id = $1 AND kind = $2",
            customer_id,
            kind,
        )
        .execute(db)
        .await?;
        return Ok(());
    };
    sqlx::query!(
        r#"
        INSERT INTO member_days (customer_id, kind, month, day, time_zone)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (customer_id, kind) DO UPDATE SET
            month = excluded.month, day = excluded.day, time_zone = excluded.time_zone
        "#,
        customer_id,
        kind,
        i16::from(birthday.month()),
        i16::from(birthday.day()),
        time_zone,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which members of a program are looked for, a page at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Celebrated<'a> {
    pub(crate) program_id: &'a str,
    pub(crate) day: MonthDay,
    /// Whose days begin in this zone: those without one of their own among them, when it is the
    /// program's.
    pub(crate) time_zone: &'a str,
    pub(crate) with_those_of_no_zone: bool,
    /// The last one of the page before.
    pub(crate) after: Option<Uuid>,
    pub(crate) limit: i64,
}

/// Members whose birthday it is, in ascending order.
pub(crate) async fn celebrated(
    db: impl PgExecutor<'_>,
    wanted: Celebrated<'_>,
) -> Result<Vec<Uuid>, StoreError> {
    let members = sqlx::query_scalar!(
        r#"
        SELECT d.customer_id FROM member_days d
        WHERE d.kind = $1 AND d.month = $2 AND d.day = $3
            AND (d.time_zone = $4 OR ($5 AND d.time_zone IS NULL))
            AND ($6::uuid IS NULL OR d.customer_id > $6)
            AND EXISTS (
                SELECT FROM holders h WHERE h.holder_id = d.customer_id AND h.program_id = $7
            )
        ORDER BY d.customer_id
        LIMIT $8
        "#,
        DayKind::Birthday.number(),
        i16::from(wanted.day.month()),
        i16::from(wanted.day.day()),
        wanted.time_zone,
        wanted.with_those_of_no_zone,
        wanted.after,
        wanted.program_id,
        wanted.limit,
    )
    .fetch_all(db)
    .await?;
    Ok(members)
}

/// The zones that members of any program have of their own.
pub(crate) async fn zones(db: impl PgExecutor<'_>) -> Result<Vec<String>, StoreError> {
    let zones = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT time_zone AS "time_zone!" FROM member_days
        WHERE kind = $1 AND time_zone IS NOT NULL
        ORDER BY 1
        "#,
        DayKind::Birthday.number(),
    )
    .fetch_all(db)
    .await?;
    Ok(zones)
}

/// The year and day on which a member joined, as it was noted.
pub(crate) async fn joining(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
) -> Result<Vec<(Uuid, MonthDay, i16)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, month, day, year AS "year!" FROM member_days
        WHERE customer_id = ANY ($1) AND kind = $2 AND year IS NOT NULL
        "#,
        customer_ids,
        DayKind::Joining.number(),
    )
    .fetch_all(db)
    .await?;
    let days = rows.into_iter().filter_map(|row| {
        let (month, day) = (i8::try_from(row.month).ok()?, i8::try_from(row.day).ok()?);
        Some((row.customer_id, MonthDay::new(month, day).ok()?, row.year))
    });
    Ok(days.collect())
}

/// The last local day whose birthdays were looked for in a zone, locked until the end of the
/// transaction; `None` when somebody else is at it. A zone that was never looked at begins with the
/// day before `today`.
pub(crate) async fn begin(
    db: &mut PgConnection,
    program_id: &str,
    time_zone: &str,
    yesterday: Date,
) -> Result<Option<Date>, StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO occasion_days (program_id, time_zone, last_day) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        "#,
        program_id,
        time_zone,
        yesterday.to_sqlx() as _,
    )
    .execute(&mut *db)
    .await?;
    let day = sqlx::query_scalar!(
        r#"
        SELECT last_day FROM occasion_days WHERE program_id = $1 AND time_zone = $2
        FOR UPDATE SKIP LOCKED
        "#,
        program_id,
        time_zone,
    )
    .fetch_optional(db)
    .await?;
    Ok(day.map(jiff_sqlx::Date::to_jiff))
}

/// Notes that the birthdays of a day were looked for. It never goes back.
pub(crate) async fn end(
    db: impl PgExecutor<'_>,
    program_id: &str,
    time_zone: &str,
    day: Date,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE occasion_days SET last_day = $3
        WHERE program_id = $1 AND time_zone = $2 AND last_day < $3
        "#,
        program_id,
        time_zone,
        day.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
