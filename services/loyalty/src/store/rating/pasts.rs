//! Whole pasts of members, page by page: for simulations.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::documents::{AwardDocument, HoldingDocument, LineDocument, SnapshotDocument, read};
use super::keys::source;
use crate::domain::Currency;
use crate::domain::happened::Act;
use crate::domain::ledger::Points;
use crate::domain::rating::{Snapshot, Source};
use crate::domain::sales::{EarnedBy, Holding, Sale};
use crate::domain::simulation::{Earned, Past, PastDeed, RulePoints, What};
use crate::store::StoreError;

/// What a member did, and what it has earned by that.
#[derive(Debug)]
pub(crate) struct Lived {
    /// What it did.
    pub(crate) past: Past,
    /// What each purchase and act really came to.
    pub(crate) earned: Vec<Earned>,
}

/// The members of a program after one of them, by id, with what they did before an instant.
pub(crate) async fn page(
    db: &mut PgConnection,
    program_id: &str,
    (after, limit): (Uuid, i64),
    until: Timestamp,
) -> Result<Vec<Lived>, StoreError> {
    let members = members(db, program_id, after, limit).await?;
    let Some((last, _)) = members.last().copied() else {
        return Ok(Vec::new());
    };
    let range = Range { after, last, until };
    let mut deeds = sales(db, range).await?;
    for (customer_id, act) in acts(db, range).await? {
        deeds.entry(customer_id).or_default().push(act);
    }
    let ratings = ratings(db, range).await?;
    let lots = lots(db, range).await?;
    let lived = members.into_iter().map(|(customer_id, joined_at)| {
        let deeds = deeds.remove(&customer_id).unwrap_or_default();
        live(customer_id, joined_at, deeds, &ratings, &lots)
    });
    lived.collect()
}

/// Members whose ids lie above `after` and up to `last`; what they did before `until`.
#[derive(Clone, Copy)]
struct Range {
    after: Uuid,
    last: Uuid,
    until: Timestamp,
}

/// What is kept of a rating.
struct Rated {
    snapshot: Snapshot,
    awards: Vec<EarnedBy>,
    holdings: Vec<Holding>,
}

/// Points that a lot was opened with, and its end.
type Lots = HashMap<Uuid, (Points, Option<Timestamp>)>;

type Ratings = HashMap<(Uuid, Source), Rated>;

fn live(
    customer_id: Uuid,
    joined_at: Timestamp,
    mut deeds: Vec<PastDeed>,
    ratings: &Ratings,
    lots: &Lots,
) -> Result<Lived, StoreError> {
    let mut earned = Vec::new();
    for deed in &mut deeds {
        let Some(rated) = ratings.get(&(customer_id, deed.source())) else {
            continue;
        };
        deed.snapshot = rated.snapshot.clone();
        earned.extend(rated.earned(deed.at(), lots)?);
    }
    // At one instant, acts come before purchases, as when they were rated.
    deeds.sort_by_key(|deed| (deed.at(), deed.source()));
    let past = Past {
        customer_id,
        joined_at,
        deeds,
    };
    Ok(Lived { past, earned })
}

impl Rated {
    /// What it came to, by point currency.
    fn earned(&self, at: Timestamp, lots: &Lots) -> Result<Vec<Earned>, StoreError> {
        let mut wallets: BTreeMap<_, Earned> = BTreeMap::new();
        for holding in &self.holdings {
            let wallet_id = holding.wallet_id;
            let earned = wallets.entry(wallet_id).or_insert(Earned {
                wallet_id,
                at,
                expires_at: None,
                issued: Points::ZERO,
                kept: Points::ZERO,
                rules: Vec::new(),
            });
            earned.kept = earned.kept.plus(holding.points)?;
            for (issued, end) in holding.lots.iter().filter_map(|lot_id| lots.get(lot_id)) {
                earned.issued = earned.issued.plus(*issued)?;
                earned.expires_at = earned.expires_at.max(*end);
            }
            // Lots that were moved to a pool or another member lie elsewhere.
            earned.issued = earned.issued.max(earned.kept);
        }
        for award in &self.awards {
            if let Some(earned) = wallets.get_mut(&award.wallet_id) {
                earned.rules.push(RulePoints {
                    rule_id: award.rule_id.clone(),
                    campaign_id: award.campaign_id.clone(),
                    points: award.points,
                });
            }
        }
        Ok(wallets.into_values().collect())
    }
}

async fn members(
    db: &mut PgConnection,
    program_id: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, enrolled_at AS "enrolled_at: jiff_sqlx::Timestamp" FROM holders
        WHERE kind = 1 AND program_id = $1 AND holder_id > $2
        ORDER BY holder_id
        LIMIT $3
        "#,
        program_id,
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    let members = rows.into_iter();
    Ok(members
        .map(|row| (row.holder_id, row.enrolled_at.to_jiff()))
        .collect())
}

async fn sales(
    db: &mut PgConnection,
    range: Range,
) -> Result<HashMap<Uuid, Vec<PastDeed>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT s.customer_id, s.order_id, s.channel, s.store,
            s.ordered_at AS "ordered_at: jiff_sqlx::Timestamp", s.currency_code, s.lines,
            (
                SELECT max(r.returned_at) FROM returns AS r
                WHERE r.customer_id = s.customer_id AND r.order_id = s.order_id
            ) AS "returned_at: jiff_sqlx::Timestamp"
        FROM sales AS s
        WHERE s.customer_id > $1 AND s.customer_id <= $2 AND s.ordered_at < $3
        "#,
        range.after,
        range.last,
        range.until.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let mut deeds: HashMap<Uuid, Vec<PastDeed>> = HashMap::new();
    for row in rows {
        let lines: Vec<LineDocument> = read(row.lines)?;
        let sale = Sale {
            customer_id: row.customer_id,
            order_id: row.order_id,
            channel: row.channel,
            store: row.store,
            ordered_at: row.ordered_at.to_jiff(),
            currency: Currency::parse(&row.currency_code)?,
            lines: lines.into_iter().map(Into::into).collect(),
        };
        let returned_at = row.returned_at.map(jiff_sqlx::Timestamp::to_jiff);
        deeds.entry(row.customer_id).or_default().push(PastDeed {
            what: What::Bought(sale, returned_at),
            snapshot: Snapshot::default(),
        });
    }
    Ok(deeds)
}

async fn acts(db: &mut PgConnection, range: Range) -> Result<Vec<(Uuid, PastDeed)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, activity_type, activity_id,
            occurred_at AS "occurred_at: jiff_sqlx::Timestamp", channel, attributes
        FROM activities
        WHERE customer_id > $1 AND customer_id <= $2 AND occurred_at < $3
        "#,
        range.after,
        range.last,
        range.until.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let acts = rows.into_iter().map(|row| {
        let act = Act {
            customer_id: row.customer_id,
            activity_id: row.activity_id,
            activity_type: row.activity_type,
            occurred_at: row.occurred_at.to_jiff(),
            channel: row.channel,
            attributes: read(row.attributes)?,
        };
        let deed = PastDeed {
            what: What::Did(act),
            snapshot: Snapshot::default(),
        };
        Ok((row.customer_id, deed))
    });
    acts.collect()
}

async fn ratings(db: &mut PgConnection, range: Range) -> Result<Ratings, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, kind, activity_type, reference, snapshot, awards, holdings
        FROM ratings
        WHERE customer_id > $1 AND customer_id <= $2 AND happened_at < $3
        "#,
        range.after,
        range.last,
        range.until.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let ratings = rows.into_iter().map(|row| {
        let key = (
            row.customer_id,
            source(row.kind, row.activity_type, row.reference),
        );
        Ok((key, rated(row.snapshot, row.awards, row.holdings)?))
    });
    ratings.collect()
}

fn rated(snapshot: Value, awards: Value, holdings: Value) -> Result<Rated, StoreError> {
    let awards: Vec<AwardDocument> = read(awards)?;
    let holdings: Vec<HoldingDocument> = read(holdings)?;
    let awards = awards.into_iter().map(TryInto::try_into);
    let holdings = holdings.into_iter().map(TryInto::try_into);
    Ok(Rated {
        snapshot: read::<SnapshotDocument>(snapshot)?.into(),
        awards: awards.collect::<Result<_, StoreError>>()?,
        holdings: holdings.collect::<Result<_, StoreError>>()?,
    })
}

async fn lots(db: &mut PgConnection, range: Range) -> Result<Lots, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT lot_id, original, expires_at AS "expires_at: jiff_sqlx::Timestamp" FROM lots
        WHERE holder_id > $1 AND holder_id <= $2
        "#,
        range.after,
        range.last,
    )
    .fetch_all(db)
    .await?;
    let lots = rows.into_iter().map(|row| {
        let end = row.expires_at.map(jiff_sqlx::Timestamp::to_jiff);
        (row.lot_id, (Points::new(row.original), end))
    });
    Ok(lots.collect())
}
