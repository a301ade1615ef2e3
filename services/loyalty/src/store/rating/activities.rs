//! Acts.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::documents::{read, write};
use crate::domain::happened::Act;
use crate::store::StoreError;

/// The attribute by which an act names a purchase.
const ORDER_ID: &str = "order_id";

/// Acts by member, type and id.
pub(crate) type Acts = HashMap<(Uuid, String, String), Act>;

struct Row {
    customer_id: Uuid,
    activity_type: String,
    activity_id: String,
    occurred_at: jiff_sqlx::Timestamp,
    channel: String,
    attributes: Value,
}

impl TryFrom<Row> for Act {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let attributes: BTreeMap<String, String> = read(row.attributes)?;
        Ok(Self {
            customer_id: row.customer_id,
            activity_id: row.activity_id,
            activity_type: row.activity_type,
            occurred_at: row.occurred_at.to_jiff(),
            channel: row.channel,
            attributes,
        })
    }
}

/// The purchase that an act names.
pub(crate) fn order_of(act: &Act) -> Option<&str> {
    act.attributes.get(ORDER_ID).map(String::as_str)
}

/// Those of these acts that are known.
pub(crate) async fn of_ids(
    db: &mut PgConnection,
    ids: impl Iterator<Item = (Uuid, &str, &str)>,
) -> Result<Acts, StoreError> {
    let (mut customers, mut types, mut acts) = (Vec::new(), Vec::new(), Vec::new());
    for (customer_id, activity_type, activity_id) in ids {
        customers.push(customer_id);
        types.push(activity_type);
        acts.push(activity_id);
    }
    if acts.is_empty() {
        return Ok(Acts::new());
    }
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT a.customer_id, a.activity_type, a.activity_id, a.occurred_at, a.channel, a.attributes
        FROM unnest($1::uuid[], $2::text[], $3::text[])
            AS asked(customer_id, activity_type, activity_id)
        JOIN activities a USING (customer_id, activity_type, activity_id)
        "#,
        &customers,
        &types as _,
        &acts as _,
    )
    .fetch_all(db)
    .await?;
    let acts = rows.into_iter().map(|row| {
        let act = Act::try_from(row)?;
        let key = (
            act.customer_id,
            act.activity_type.clone(),
            act.activity_id.clone(),
        );
        Ok((key, act))
    });
    acts.collect()
}

/// Acts that name one of these purchases.
pub(crate) async fn about(
    db: &mut PgConnection,
    orders: impl Iterator<Item = (Uuid, &str)>,
) -> Result<Vec<Act>, StoreError> {
    let (customers, ids): (Vec<Uuid>, Vec<&str>) = orders.unzip();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT a.customer_id, a.activity_type, a.activity_id, a.occurred_at, a.channel, a.attributes
        FROM unnest($1::uuid[], $2::text[]) AS asked(customer_id, order_id)
        JOIN activities a USING (customer_id, order_id)
        "#,
        &customers,
        &ids as _,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Act::try_from).collect()
}

/// Writes acts that are not known yet.
pub(crate) async fn insert(
    db: &mut PgConnection,
    acts: &[&Act],
    now: Timestamp,
) -> Result<(), StoreError> {
    if acts.is_empty() {
        return Ok(());
    }
    let customers: Vec<Uuid> = acts.iter().map(|act| act.customer_id).collect();
    let text = |of: fn(&Act) -> &str| acts.iter().map(|act| of(act)).collect::<Vec<_>>();
    let times = acts.iter().map(|act| act.occurred_at.to_sqlx());
    let attributes = acts.iter().map(|act| write(&act.attributes));
    let orders = acts.iter().map(|act| order_of(act));
    sqlx::query!(
        r#"
        INSERT INTO activities (customer_id, activity_type, activity_id, occurred_at, channel,
            attributes, order_id, recorded_at)
        SELECT *, $8::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[],
            $4::timestamptz[], $5::text[], $6::jsonb[], $7::text[])
        "#,
        &customers,
        &text(|act| &act.activity_type) as _,
        &text(|act| &act.activity_id) as _,
        &times.collect::<Vec<_>>() as _,
        &text(|act| &act.channel) as _,
        &attributes.collect::<Result<Vec<Value>, _>>()?,
        &orders.collect::<Vec<_>>() as _,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Acts of a member from the latest on, before this one; for its list.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<(Timestamp, &str, &str)>,
    limit: i64,
) -> Result<Vec<Act>, StoreError> {
    let at = before.map(|(at, _, _)| at.to_sqlx());
    let activity_type = before.map(|(_, activity_type, _)| activity_type);
    let activity_id = before.map(|(_, _, activity_id)| activity_id);
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id, activity_type, activity_id, occurred_at, channel, attributes
        FROM activities
        WHERE customer_id = $1
            AND ($2::timestamptz IS NULL OR (occurred_at, activity_type, activity_id) < ($2, $3, $4))
        ORDER BY occurred_at DESC, activity_type DESC, activity_id DESC
        LIMIT $5
        "#,
        customer_id,
        at as _,
        activity_type,
        activity_id,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Act::try_from).collect()
}
