//! What is kept as JSON: lists that are only ever read and written with their row.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::ledger::{Points, WalletId};
use crate::domain::program::{CampaignId, LadderId, RuleId, SegmentId, TierId};
use crate::domain::rating::Snapshot;
use crate::domain::sales::{EarnedBy, Holding, ReturnLine, SaleLine};
use crate::store::StoreError;

/// A line of a purchase.
#[derive(Deserialize, Serialize)]
pub(super) struct LineDocument {
    line: String,
    product: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    category: String,
    quantity: i64,
    amount: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    returned: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    refunded: i64,
}

/// A line of a return.
#[derive(Deserialize, Serialize)]
pub(super) struct ReturnLineDocument {
    line: String,
    quantity: i64,
    refund: i64,
}

/// A member as it was.
#[derive(Deserialize, Serialize)]
pub(super) struct SnapshotDocument {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tiers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    birthday: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    birthday_month: bool,
}

/// What a rule awards.
#[derive(Deserialize, Serialize)]
pub(super) struct AwardDocument {
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    wallet: String,
    points: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<i64>,
}

/// What something has in the ledger.
#[derive(Deserialize, Serialize)]
pub(super) struct HoldingDocument {
    wallet: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    points: i64,
    lots: Vec<Uuid>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) fn write<D: Serialize>(document: &D) -> Result<Value, StoreError> {
    serde_json::to_value(document).map_err(|_| StoreError::Document)
}

pub(super) fn write_all<'a, T: 'a, D: Serialize + From<&'a T>>(
    values: &'a [T],
) -> Result<Value, StoreError> {
    write(&values.iter().map(D::from).collect::<Vec<D>>())
}

pub(super) fn read<D: DeserializeOwned>(value: Value) -> Result<D, StoreError> {
    serde_json::from_value(value).map_err(|_| StoreError::Document)
}

impl From<&SaleLine> for LineDocument {
    fn from(line: &SaleLine) -> Self {
        Self {
            line: line.line_id.clone(),
            product: line.product_id.clone(),
            category: line.category.clone(),
            quantity: line.quantity,
            amount: line.amount_minor,
            returned: line.returned,
            refunded: line.refunded_minor,
        }
    }
}

impl From<LineDocument> for SaleLine {
    fn from(line: LineDocument) -> Self {
        Self {
            line_id: line.line,
            product_id: line.product,
            category: line.category,
            quantity: line.quantity,
            amount_minor: line.amount,
            returned: line.returned,
            refunded_minor: line.refunded,
        }
    }
}

impl From<&ReturnLine> for ReturnLineDocument {
    fn from(line: &ReturnLine) -> Self {
        Self {
            line: line.line_id.clone(),
            quantity: line.quantity,
            refund: line.refund_minor,
        }
    }
}

impl From<ReturnLineDocument> for ReturnLine {
    fn from(line: ReturnLineDocument) -> Self {
        Self {
            line_id: line.line,
            quantity: line.quantity,
            refund_minor: line.refund,
        }
    }
}

impl From<&Snapshot> for SnapshotDocument {
    fn from(snapshot: &Snapshot) -> Self {
        let tiers = snapshot.tiers.iter();
        let segments = snapshot.segments.iter();
        Self {
            tiers: tiers
                .map(|(ladder, tier)| (ladder.to_string(), tier.to_string()))
                .collect(),
            segments: segments.map(ToString::to_string).collect(),
            birthday: snapshot.is_birthday,
            birthday_month: snapshot.is_birthday_month,
        }
    }
}

impl From<SnapshotDocument> for Snapshot {
    fn from(document: SnapshotDocument) -> Self {
        let tiers = document.tiers.iter();
        let segments = document.segments.iter();
        Self {
            tiers: tiers
                .map(|(ladder, tier)| (LadderId::new(ladder), TierId::new(tier)))
                .collect(),
            segments: segments.map(|segment| SegmentId::new(segment)).collect(),
            is_birthday: document.birthday,
            is_birthday_month: document.birthday_month,
        }
    }
}

impl From<&EarnedBy> for AwardDocument {
    fn from(award: &EarnedBy) -> Self {
        Self {
            rule: award.rule_id.to_string(),
            campaign: award.campaign_id.as_ref().map(ToString::to_string),
            wallet: award.wallet_id.to_string(),
            points: award.points.get(),
            lines: award.lines.iter().map(|points| points.get()).collect(),
        }
    }
}

impl TryFrom<AwardDocument> for EarnedBy {
    type Error = StoreError;

    fn try_from(document: AwardDocument) -> Result<Self, StoreError> {
        Ok(Self {
            rule_id: RuleId::new(&document.rule),
            campaign_id: document.campaign.as_deref().map(CampaignId::new),
            wallet_id: WalletId::parse(&document.wallet)?,
            points: Points::new(document.points),
            lines: document.lines.into_iter().map(Points::new).collect(),
        })
    }
}

impl From<&Holding> for HoldingDocument {
    fn from(holding: &Holding) -> Self {
        Self {
            wallet: holding.wallet_id.to_string(),
            partner: holding.funding_partner.clone(),
            points: holding.points.get(),
            lots: holding.lots.clone(),
        }
    }
}

impl TryFrom<HoldingDocument> for Holding {
    type Error = StoreError;

    fn try_from(document: HoldingDocument) -> Result<Self, StoreError> {
        Ok(Self {
            wallet_id: WalletId::parse(&document.wallet)?,
            funding_partner: document.partner,
            points: Points::new(document.points),
            lots: document.lots,
        })
    }
}
