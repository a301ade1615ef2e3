//! What campaigns have awarded to all members together.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use crate::domain::ledger::Points;
use crate::domain::program::{CampaignId, ProgramId};
use crate::store::StoreError;

/// A campaign of a program.
pub(crate) type Campaign = (ProgramId, CampaignId);

/// Locks what campaigns have awarded, in ascending order of their ids, until the end of the
/// transaction. The members are locked already.
pub(crate) async fn lock(
    db: &mut PgConnection,
    campaigns: &BTreeSet<Campaign>,
) -> Result<Vec<(Campaign, Points)>, StoreError> {
    let (programs, ids): (Vec<&str>, Vec<&str>) = campaigns
        .iter()
        .map(|(program_id, campaign_id)| (program_id.as_str(), campaign_id.as_str()))
        .unzip();
    sqlx::query!(
        r#"
        INSERT INTO campaign_budgets (program_id, campaign_id, spent)
        SELECT program_id, campaign_id, 0 FROM unnest($1::text[], $2::text[])
            AS c(program_id, campaign_id)
        WHERE NOT EXISTS (
            SELECT FROM campaign_budgets b
            WHERE b.program_id = c.program_id AND b.campaign_id = c.campaign_id
        )
        ON CONFLICT DO NOTHING
        "#,
        &programs as _,
        &ids as _,
    )
    .execute(&mut *db)
    .await?;
    let rows = sqlx::query!(
        r#"
        SELECT b.program_id, b.campaign_id, b.spent FROM campaign_budgets b
        WHERE (b.program_id, b.campaign_id) IN (
            SELECT * FROM unnest($1::text[], $2::text[])
        )
        ORDER BY b.program_id, b.campaign_id
        FOR UPDATE
        "#,
        &programs as _,
        &ids as _,
    )
    .fetch_all(db)
    .await?;
    let spent = rows.into_iter().map(|row| {
        let campaign = (
            ProgramId::new(&row.program_id),
            CampaignId::new(&row.campaign_id),
        );
        (campaign, Points::new(row.spent))
    });
    Ok(spent.collect())
}

/// Writes what they have awarded now.
pub(crate) async fn update(
    db: &mut PgConnection,
    spent: &[(Campaign, Points)],
) -> Result<(), StoreError> {
    if spent.is_empty() {
        return Ok(());
    }
    let programs: Vec<&str> = spent
        .iter()
        .map(|((program, _), _)| program.as_str())
        .collect();
    let campaigns: Vec<&str> = spent
        .iter()
        .map(|((_, campaign), _)| campaign.as_str())
        .collect();
    let points: Vec<i64> = spent.iter().map(|(_, points)| points.get()).collect();
    sqlx::query!(
        r#"
        UPDATE campaign_budgets b SET spent = new.spent
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS new(program_id, campaign_id, spent)
        WHERE b.program_id = new.program_id AND b.campaign_id = new.campaign_id
        "#,
        &programs as _,
        &campaigns as _,
        &points,
    )
    .execute(db)
    .await?;
    Ok(())
}
