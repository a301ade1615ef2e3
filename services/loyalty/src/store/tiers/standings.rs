use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::program::{LadderId, TierId};
use crate::domain::tiers::{Place, Record, Standing};
use crate::store::StoreError;

/// The tiers that members stand on, ladder by ladder; on a ladder where somebody stands on none
/// there is no entry.
pub(crate) async fn standings(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
) -> Result<HashMap<Uuid, BTreeMap<LadderId, TierId>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, ladder_id, tier_id AS "tier_id!" FROM tier_standings
        WHERE customer_id = ANY ($1) AND tier_id IS NOT NULL
        "#,
        customer_ids,
    )
    .fetch_all(db)
    .await?;
    let mut standings: HashMap<Uuid, BTreeMap<LadderId, TierId>> = HashMap::new();
    for row in rows {
        let of_member = standings.entry(row.customer_id).or_default();
        of_member.insert(LadderId::new(&row.ladder_id), TierId::new(&row.tier_id));
    }
    Ok(standings)
}

/// What is kept of standings, by member and ladder.
pub(crate) type Records = HashMap<(Uuid, LadderId), Record>;

/// Reads what is kept of members' standings. To change them the members must be locked.
pub(crate) async fn records(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
) -> Result<Records, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, ladder_id, tier_id, since_day, until_day, gift_id, earned_tier_id,
            earned_since_day, earned_until_day, settled_day, due_day
        FROM tier_standings
        WHERE customer_id = ANY ($1)
        "#,
        customer_ids,
    )
    .fetch_all(db)
    .await?;
    let records = rows.into_iter().map(|row| {
        let shown = Standing {
            place: place(row.tier_id.as_deref(), row.since_day, row.until_day),
            gift_id: row.gift_id,
        };
        let (since, until) = (row.earned_since_day, row.earned_until_day);
        let record = Record {
            shown,
            earned: place(row.earned_tier_id.as_deref(), since, until),
            settled_on: row.settled_day.to_jiff(),
            due_on: row.due_day.map(jiff_sqlx::Date::to_jiff),
        };
        ((row.customer_id, LadderId::new(&row.ladder_id)), record)
    });
    Ok(records.collect())
}

fn place(tier_id: Option<&str>, since: jiff_sqlx::Date, until: Option<jiff_sqlx::Date>) -> Place {
    Place {
        tier_id: tier_id.map(TierId::new),
        since: since.to_jiff(),
        until: until.map(jiff_sqlx::Date::to_jiff),
    }
}

/// Writes what is kept of standings, each for the first time or anew.
pub(crate) async fn write(
    db: &mut PgConnection,
    records: &[(Uuid, LadderId, Record)],
) -> Result<(), StoreError> {
    let tiers = |place: fn(&Record) -> &Place| -> Vec<Option<&str>> {
        let places = records.iter().map(|(_, _, record)| place(record));
        places
            .map(|place| place.tier_id.as_ref().map(TierId::as_str))
            .collect()
    };
    let days = |day: fn(&Record) -> Option<Date>| -> Vec<Option<jiff_sqlx::Date>> {
        let days = records.iter().map(|(_, _, record)| day(record));
        days.map(|day| day.map(ToSqlx::to_sqlx)).collect()
    };
    let gifts = records.iter().map(|(_, _, record)| record.shown.gift_id);
    sqlx::query!(
        r#"
        INSERT INTO tier_standings AS s (customer_id, ladder_id, tier_id, since_day, until_day,
            gift_id, earned_tier_id, earned_since_day, earned_until_day, settled_day, due_day)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::date[],
            $6::uuid[], $7::text[], $8::date[], $9::date[], $10::date[], $11::date[])
        ON CONFLICT (customer_id, ladder_id) DO UPDATE SET
            tier_id = excluded.tier_id, since_day = excluded.since_day,
            until_day = excluded.until_day, gift_id = excluded.gift_id,
            earned_tier_id = excluded.earned_tier_id,
            earned_since_day = excluded.earned_since_day,
            earned_until_day = excluded.earned_until_day, settled_day = excluded.settled_day,
            due_day = excluded.due_day
        "#,
        &records.iter().map(|(id, _, _)| *id).collect::<Vec<_>>(),
        &records
            .iter()
            .map(|(_, ladder, _)| ladder.as_str())
            .collect::<Vec<_>>() as _,
        &tiers(|record| &record.shown.place) as _,
        &days(|record| Some(record.shown.place.since)) as _,
        &days(|record| record.shown.place.until) as _,
        &gifts.collect::<Vec<_>>() as _,
        &tiers(|record| &record.earned) as _,
        &days(|record| Some(record.earned.since)) as _,
        &days(|record| record.earned.until) as _,
        &days(|record| Some(record.settled_on)) as _,
        &days(|record| record.due_on) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
