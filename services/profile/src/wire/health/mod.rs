//! Customer health and its policy.

mod policy;
mod why;

pub(crate) use policy::{decode, encode, proposal};

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::health_part::{
    Complaints, Engagement, KindCount, Nps, Part as WirePart, Recency, SpendTrend,
};

use super::interactions::encode_kind;
use super::{money, time};
use crate::domain::health::{Band, Health, Input, Part};
use crate::domain::ids::CustomerId;
use crate::store::health::standings::Standing;

/// The band as the contract has it.
pub(crate) fn band(band: Option<Band>) -> proto::HealthBand {
    match band {
        None => proto::HealthBand::Unspecified,
        Some(Band::Thriving) => proto::HealthBand::Thriving,
        Some(Band::Steady) => proto::HealthBand::Steady,
        Some(Band::AtRisk) => proto::HealthBand::AtRisk,
        Some(Band::Critical) => proto::HealthBand::Critical,
    }
}

/// A customer of whom nothing is decided.
pub(crate) fn unknown(customer: CustomerId) -> proto::CustomerHealth {
    proto::CustomerHealth {
        customer_id: customer.0.to_string(),
        ..Default::default()
    }
}

/// How well things stand with a customer, and what is kept of it.
pub(crate) fn health(
    customer: CustomerId,
    (health, kept): (&Health, Option<&Standing>),
    (version, now): (i64, Timestamp),
) -> proto::CustomerHealth {
    let now_in = health.score.map(|it| it.band);
    let kept = kept.filter(|kept| Some(kept.score.band) == now_in);
    proto::CustomerHealth {
        index: health.score.map(|it| it.index.into()),
        band: band(now_in).into(),
        band_time: kept.map(|it| time::encode(it.band_time)),
        parts: health.parts.iter().map(|it| part(it, now)).collect(),
        policy_etag: version.to_string(),
        ..unknown(customer)
    }
}

fn part(part: &Part, now: Timestamp) -> proto::HealthPart {
    let figure = |it: i64| i32::try_from(it).unwrap_or(i32::MAX);
    proto::HealthPart {
        left_out: part.measure.is_none(),
        measure: part.measure.unwrap_or_default(),
        points: figure(part.points),
        weight: figure(part.weight),
        share_permille: figure(part.share),
        why: why::told(part, now),
        part: Some(input(&part.input)),
    }
}

fn input(input: &Input) -> WirePart {
    let count = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
    match input {
        Input::NeverBought => WirePart::Recency(Recency::default()),
        Input::Recency { days, gap, is_own } => WirePart::Recency(Recency {
            days_since_last_order: *days,
            usual_gap_days: *gap,
            own_gap: *is_own,
        }),
        Input::TooManyOrders => WirePart::SpendTrend(SpendTrend::default()),
        Input::Trend {
            recent,
            before,
            currency,
            ..
        } => WirePart::SpendTrend(SpendTrend {
            recent: Some(money::encode(*currency, *recent)),
            before: Some(money::encode(*currency, *before)),
        }),
        Input::NeverAsked => WirePart::Nps(Nps::default()),
        Input::Nps {
            score,
            time,
            is_too_old,
        } => WirePart::Nps(Nps {
            score: (!is_too_old).then_some(i32::from(*score)),
            answer_time: Some(time::encode(*time)),
        }),
        Input::Complaints { open, recent, .. } => WirePart::Complaints(Complaints {
            open_count: count(*open),
            recent_count: count(*recent),
        }),
        Input::Engagement { kinds, .. } => {
            let kinds = kinds.iter().map(|(kind, number)| KindCount {
                kind: encode_kind(*kind).into(),
                count: count(*number),
            });
            WirePart::Engagement(Engagement {
                kinds: kinds.collect(),
            })
        }
    }
}
