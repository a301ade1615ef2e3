//! Stages, tiers and their policy.

use std::collections::BTreeMap;

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::{LifecycleStage, ValueTier};

use super::time;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::rating::{Document, Stage, Tier};
use crate::store::ratings::{Flow, StageChange, Standing};

const STAGES: [(Stage, LifecycleStage); 8] = [
    (Stage::Lead, LifecycleStage::Lead),
    (Stage::Prospect, LifecycleStage::Prospect),
    (Stage::New, LifecycleStage::New),
    (Stage::Active, LifecycleStage::Active),
    (Stage::Mature, LifecycleStage::Mature),
    (Stage::Dormant, LifecycleStage::Dormant),
    (Stage::Lost, LifecycleStage::Lost),
    (Stage::WonBack, LifecycleStage::WonBack),
];

/// The stage as the contract has it.
pub(crate) fn stage(stage: Option<Stage>) -> LifecycleStage {
    let known = STAGES.iter().find(|(known, _)| Some(*known) == stage);
    known.map_or(LifecycleStage::Unspecified, |(_, sent)| *sent)
}

/// The tier as the contract has it.
pub(crate) fn tier(tier: Option<Tier>) -> ValueTier {
    match tier {
        None => ValueTier::Unspecified,
        Some(Tier::A) => ValueTier::A,
        Some(Tier::B) => ValueTier::B,
        Some(Tier::C) => ValueTier::C,
        Some(Tier::D) => ValueTier::D,
    }
}

fn decode_stage(field: String, sent: LifecycleStage) -> Result<Stage, Invalid> {
    let known = STAGES.iter().find(|(_, known)| *known == sent);
    let known = known.map(|(stage, _)| *stage);
    known.ok_or_else(|| Invalid::new(field, Problem::Missing))
}

/// A policy that was sent or stored.
pub(crate) fn decode(sent: &proto::RatingPolicy) -> Result<Document, Invalid> {
    let mut stages: Vec<(Stage, String)> = Vec::with_capacity(sent.stages.len());
    for (at, rule) in sent.stages.iter().enumerate() {
        let field = format!("stages[{at}].stage");
        let stage = decode_stage(field.clone(), rule.stage())?;
        if stages.iter().any(|(known, _)| *known == stage) {
            return Err(Invalid::new(field, Problem::NamedTwice));
        }
        stages.push((stage, rule.condition.clone()));
    }
    Ok(Document {
        stages,
        otherwise: decode_stage("otherwise".to_owned(), sent.otherwise())?,
        value: sent.value_condition.clone(),
        engagement: sent.engagement_condition.clone(),
    })
}

/// A policy; version 0 is the proposal.
pub(crate) fn encode(
    document: Document,
    version: i64,
    since: Option<Timestamp>,
) -> proto::RatingPolicy {
    let rule = |(of, condition)| proto::StageRule {
        stage: stage(Some(of)).into(),
        condition,
    };
    proto::RatingPolicy {
        stages: document.stages.into_iter().map(rule).collect(),
        otherwise: stage(Some(document.otherwise)).into(),
        value_condition: document.value,
        engagement_condition: document.engagement,
        etag: version.to_string(),
        update_time: since.map(time::encode),
    }
}

/// Where a customer stands.
pub(crate) fn rating(customer: CustomerId, standing: Option<&Standing>) -> proto::CustomerRating {
    proto::CustomerRating {
        customer_id: customer.0.to_string(),
        stage: stage(standing.map(|it| it.rating.stage)).into(),
        stage_time: standing.map(|it| time::encode(it.stage_time)),
        tier: tier(standing.map(|it| it.rating.tier)).into(),
        tier_time: standing.map(|it| time::encode(it.tier_time)),
    }
}

/// A step.
pub(crate) fn change(change: StageChange) -> proto::StageChange {
    proto::StageChange {
        from_stage: stage(change.from).into(),
        to_stage: stage(change.to).into(),
        change_time: Some(time::encode(change.at)),
    }
}

/// What became of those who entered stages.
pub(crate) fn funnel(flows: &[Flow]) -> proto::Funnel {
    let mut stages: BTreeMap<Stage, Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        stages.entry(flow.stage).or_default().push(flow);
    }
    let stages = stages
        .into_iter()
        .map(|(of, flows)| funnel_stage(of, flows));
    proto::Funnel {
        stages: stages.collect(),
    }
}

fn funnel_stage(of: Stage, mut flows: Vec<&Flow>) -> proto::FunnelStage {
    flows.sort_by_key(|flow| flow.next);
    let count = |flows: &mut dyn Iterator<Item = &&Flow>| {
        flows.map(|flow| flow.count).fold(0, i64::saturating_add)
    };
    let entered = count(&mut flows.iter());
    let remaining = count(&mut flows.iter().filter(|flow| flow.next.is_none()));
    let step = |flow: &&Flow| {
        let share = flow.count.saturating_mul(1_000).checked_div(entered);
        proto::FunnelStep {
            to_stage: stage(flow.next).into(),
            count: flow.count,
            share_permille: share.and_then(|it| i32::try_from(it).ok()).unwrap_or(1_000),
            median_seconds: flow.median_seconds,
        }
    };
    let gone = flows.iter().filter(|flow| flow.next.is_some());
    proto::FunnelStage {
        stage: stage(Some(of)).into(),
        entered_count: entered,
        remaining_count: remaining,
        steps: gone.map(step).collect(),
    }
}
