//! The health policy.

use contract::patron::profile::v1 as proto;
use jiff::{SignedDuration, Timestamp};

use crate::domain::health::policy::{
    Bands, Complaints, Engagement, Nps, Policy, Recency, Scale, Trend, days,
};
use crate::domain::interaction::Kind;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::money::Currency;
use crate::wire::interactions::{decode_kind, encode_kind};
use crate::wire::time;

/// What Patron proposes to begin with.
pub(crate) fn proposal() -> proto::HealthPolicy {
    encode(&Policy::proposed(), 0, None)
}

/// A policy that was sent or stored.
pub(crate) fn decode(sent: &proto::HealthPolicy) -> Result<Policy, Invalid> {
    let missing = |field: &'static str| move || Invalid::new(field, Problem::Missing);
    let recency = sent.recency.as_ref().ok_or_else(missing("recency"))?;
    let trend = sent
        .spend_trend
        .as_ref()
        .ok_or_else(missing("spend_trend"))?;
    let nps = sent.nps.as_ref().ok_or_else(missing("nps"))?;
    let complaints = sent.complaints.as_ref().ok_or_else(missing("complaints"))?;
    let engagement = sent.engagement.as_ref().ok_or_else(missing("engagement"))?;
    let bands = sent.bands.as_ref().ok_or_else(missing("bands"))?;
    let policy = Policy {
        recency: Recency {
            scale: scale(recency.weight, &recency.steps),
            own_from: recency.own_gap_orders.into(),
            default_days: recency.default_gap_days.into(),
            least_days: recency.least_gap_days.into(),
        },
        trend: Trend {
            scale: scale(trend.weight, &trend.steps),
            window: days(trend.window_days.into()),
            currency: currency(&trend.currency_code)?,
        },
        nps: Nps {
            scale: scale(nps.weight, &nps.steps),
            max_age: days(nps.max_age_days.into()),
        },
        complaints: Complaints {
            scale: scale(complaints.weight, &complaints.steps),
            window: days(complaints.window_days.into()),
            open_factor: complaints.open_factor.into(),
            counts: [
                complaints.low,
                complaints.normal,
                complaints.high,
                complaints.urgent,
            ]
            .map(i64::from),
        },
        engagement: Engagement {
            scale: scale(engagement.weight, &engagement.steps),
            window: days(engagement.window_days.into()),
            worth: worth(&engagement.interactions)?,
        },
        bands: Bands {
            thriving: bands.thriving_from.into(),
            steady: bands.steady_from.into(),
            at_risk: bands.at_risk_from.into(),
        },
    };
    policy.check()?;
    Ok(policy)
}

fn scale(weight: i32, steps: &[proto::HealthStep]) -> Scale {
    let step = |step: &proto::HealthStep| (step.from, i64::from(step.points));
    Scale {
        weight: weight.into(),
        steps: steps.iter().map(step).collect(),
    }
}

fn currency(code: &str) -> Result<Currency, Invalid> {
    let unknown = || Invalid::new("spend_trend.currency_code", Problem::UnknownCurrency);
    Currency::parse(code).ok_or_else(unknown)
}

fn worth(sent: &[proto::HealthInteraction]) -> Result<Vec<(Kind, i64)>, Invalid> {
    let mut known: Vec<(Kind, i64)> = Vec::with_capacity(sent.len());
    for (at, one) in sent.iter().enumerate() {
        let invalid =
            |problem| Invalid::new(format!("engagement.interactions[{at}].kind"), problem);
        let kind = decode_kind(one.kind()).ok_or_else(|| invalid(Problem::Missing))?;
        if known.iter().any(|(before, _)| *before == kind) {
            return Err(invalid(Problem::NamedTwice));
        }
        known.push((kind, one.worth.into()));
    }
    Ok(known)
}

/// A policy; version 0 is the proposal.
pub(crate) fn encode(
    policy: &Policy,
    version: i64,
    since: Option<Timestamp>,
) -> proto::HealthPolicy {
    let [low, normal, high, urgent] = policy.complaints.counts.map(figure);
    let (recency, trend, nps) = (&policy.recency, &policy.trend, &policy.nps);
    let (complaints, engagement) = (&policy.complaints, &policy.engagement);
    proto::HealthPolicy {
        recency: Some(proto::HealthRecency {
            weight: figure(recency.scale.weight),
            steps: steps(&recency.scale),
            own_gap_orders: figure(recency.own_from),
            default_gap_days: figure(recency.default_days),
            least_gap_days: figure(recency.least_days),
        }),
        spend_trend: Some(proto::HealthSpendTrend {
            weight: figure(trend.scale.weight),
            steps: steps(&trend.scale),
            window_days: in_days(trend.window),
            currency_code: trend.currency.code().to_owned(),
        }),
        nps: Some(proto::HealthNps {
            weight: figure(nps.scale.weight),
            steps: steps(&nps.scale),
            max_age_days: in_days(nps.max_age),
        }),
        complaints: Some(proto::HealthComplaints {
            weight: figure(complaints.scale.weight),
            steps: steps(&complaints.scale),
            window_days: in_days(complaints.window),
            open_factor: figure(complaints.open_factor),
            low,
            normal,
            high,
            urgent,
        }),
        engagement: Some(proto::HealthEngagement {
            weight: figure(engagement.scale.weight),
            steps: steps(&engagement.scale),
            window_days: in_days(engagement.window),
            interactions: engagement.worth.iter().map(interaction).collect(),
        }),
        bands: Some(bands(policy.bands)),
        etag: version.to_string(),
        update_time: since.map(time::encode),
    }
}

fn steps(scale: &Scale) -> Vec<proto::HealthStep> {
    let step = |(from, points): &(i64, i64)| proto::HealthStep {
        from: *from,
        points: figure(*points),
    };
    scale.steps.iter().map(step).collect()
}

fn interaction((kind, worth): &(Kind, i64)) -> proto::HealthInteraction {
    proto::HealthInteraction {
        kind: encode_kind(*kind).into(),
        worth: figure(*worth),
    }
}

fn bands(bands: Bands) -> proto::HealthBands {
    proto::HealthBands {
        thriving_from: figure(bands.thriving),
        steady_from: figure(bands.steady),
        at_risk_from: figure(bands.at_risk),
    }
}

/// All figures of a policy came as such.
fn figure(it: i64) -> i32 {
    i32::try_from(it).unwrap_or(i32::MAX)
}

fn in_days(length: SignedDuration) -> i32 {
    figure(length.as_hours() / 24)
}
