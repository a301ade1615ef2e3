use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Currency;
use crate::domain::program::ActivityType;
use crate::domain::tiers::{Addition, Counted};
use crate::store::StoreError;

/// Something that counts, to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewAddition {
    pub(crate) customer_id: Uuid,
    pub(crate) addition_id: Uuid,
    pub(crate) addition: Addition,
    /// The order or the act.
    pub(crate) reference: String,
}

/// A row of `tier_metrics`.
struct Row {
    customer_id: Uuid,
    day: jiff_sqlx::Date,
    taken_back_on: Option<jiff_sqlx::Date>,
    currency_code: Option<String>,
    spend_minor: i64,
    spend_hundredths: i64,
    visits: i64,
    points: i64,
    activity_type: Option<String>,
    acts: i64,
}

impl TryFrom<Row> for Addition {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let counted = match (row.currency_code, row.activity_type) {
            (Some(code), _) => Counted::Purchase {
                currency: Currency::parse(&code)?,
                minor: row.spend_minor,
                hundredths: row.spend_hundredths,
                visits: row.visits,
                points: row.points,
            },
            (None, activity_type) => Counted::Acts {
                activity_type: ActivityType::new(&activity_type.unwrap_or_default()),
                times: row.acts,
            },
        };
        Ok(Self {
            day: row.day.to_jiff(),
            taken_back_on: row.taken_back_on.map(jiff_sqlx::Date::to_jiff),
            counted,
        })
    }
}

/// The columns of what is counted: of a purchase the currency, amounts in minor units and in
/// hundredths, visits and points; of acts their type and number.
struct Columns<'a> {
    currency_code: Option<String>,
    amounts: [i64; 4],
    activity_type: Option<&'a str>,
    acts: i64,
}

impl<'a> Columns<'a> {
    fn of(counted: &'a Counted) -> Self {
        match counted {
            Counted::Purchase {
                currency,
                minor,
                hundredths,
                visits,
                points,
            } => Self {
                currency_code: Some(currency.to_string()),
                amounts: [*minor, *hundredths, *visits, *points],
                activity_type: None,
                acts: 0,
            },
            Counted::Acts {
                activity_type,
                times,
            } => Self {
                currency_code: None,
                amounts: [0; 4],
                activity_type: Some(activity_type.as_str()),
                acts: *times,
            },
        }
    }
}

/// Writes what counts.
pub(crate) async fn insert(
    db: &mut PgConnection,
    additions: &[NewAddition],
    now: Timestamp,
) -> Result<(), StoreError> {
    let days = additions.iter().map(|new| new.addition.day.to_sqlx());
    let taken_back = additions.iter().map(|new| new.addition.taken_back_on);
    let taken_back = taken_back.map(|day| day.map(ToSqlx::to_sqlx));
    let columns: Vec<_> = additions
        .iter()
        .map(|new| Columns::of(&new.addition.counted))
        .collect();
    let amounts = |which: usize| -> Vec<i64> {
        let of_each = columns.iter().map(|columns| columns.amounts.get(which));
        of_each
            .map(|amount| amount.copied().unwrap_or_default())
            .collect()
    };
    let references: Vec<_> = additions.iter().map(|new| new.reference.as_str()).collect();
    sqlx::query!(
        r#"
        INSERT INTO tier_metrics (customer_id, day, addition_id, taken_back_on, currency_code,
            spend_minor, spend_hundredths, visits, points, activity_type, acts, reference,
            recorded_at)
        SELECT *, $13 FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::date[], $5::text[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[],
            $12::text[])
        "#,
        &additions
            .iter()
            .map(|new| new.customer_id)
            .collect::<Vec<_>>(),
        &days.collect::<Vec<_>>() as _,
        &additions
            .iter()
            .map(|new| new.addition_id)
            .collect::<Vec<_>>(),
        &taken_back.collect::<Vec<_>>() as _,
        &columns
            .iter()
            .map(|columns| columns.currency_code.clone())
            .collect::<Vec<_>>() as _,
        &amounts(0),
        &amounts(1),
        &amounts(2),
        &amounts(3),
        &columns
            .iter()
            .map(|columns| columns.activity_type)
            .collect::<Vec<_>>() as _,
        &columns
            .iter()
            .map(|columns| columns.acts)
            .collect::<Vec<_>>(),
        &references as _,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What counted for a member under a reference.
pub(crate) async fn under(
    db: &mut PgConnection,
    customer_id: Uuid,
    reference: &str,
) -> Result<Vec<Addition>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id, day, taken_back_on, currency_code, spend_minor, spend_hundredths,
            visits, points, activity_type, acts
        FROM tier_metrics
        WHERE customer_id = $1 AND reference = $2
        "#,
        customer_id,
        reference,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Addition::try_from).collect()
}

/// What counted for these members, each from a day on.
pub(crate) async fn since(
    db: &mut PgConnection,
    wanted: &[(Uuid, Date)],
) -> Result<HashMap<Uuid, Vec<Addition>>, StoreError> {
    let (customers, days): (Vec<Uuid>, Vec<_>) =
        wanted.iter().map(|(id, day)| (*id, day.to_sqlx())).unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT m.customer_id, m.day, m.taken_back_on, m.currency_code, m.spend_minor,
            m.spend_hundredths, m.visits, m.points, m.activity_type, m.acts
        FROM unnest($1::uuid[], $2::date[]) AS w (customer_id, first_day)
        JOIN tier_metrics m ON m.customer_id = w.customer_id AND m.day >= w.first_day
        "#,
        &customers,
        &days as _,
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<Uuid, Vec<Addition>> = HashMap::new();
    for row in rows {
        let of_member = found.entry(row.customer_id).or_default();
        of_member.push(Addition::try_from(row)?);
    }
    Ok(found)
}
