use chassis::Refusal;
use contract::patron::complaints::v1 as wire;
use contract::time::timestamp;

use super::kinds::{domain_kind, domain_priority, wire_kind, wire_priority, wire_state};
use super::text::{identifier, invalid, or_erased, stored};
use crate::domain::{Case, CustomerId, Opening};

/// What a case is opened with. What only Patron sets is ignored.
pub(crate) fn opening(case: wire::Case) -> Result<Opening, Refusal> {
    let kind = domain_kind(case.r#type()).ok_or_else(|| invalid("case.type", "must be set"))?;
    let priority = domain_priority(case.priority());
    Ok(Opening {
        customer: CustomerId(identifier("case.customer_id", &case.customer_id)?),
        kind,
        priority,
        channel: case.channel,
        subject: stored("case.subject", case.subject)?,
        description: stored("case.description", case.description)?,
        order_id: stored("case.order_id", case.order_id)?,
        origin: String::new(),
    })
}

/// The case as callers see it.
pub(crate) fn case(case: &Case) -> wire::Case {
    let Case {
        id,
        opening,
        progress,
    } = case;
    let resolution = progress.resolution.as_ref();
    wire::Case {
        case_id: id.0.to_string(),
        customer_id: opening.customer.0.to_string(),
        r#type: wire_kind(opening.kind).into(),
        channel: opening.channel.clone(),
        subject: or_erased(&opening.subject),
        description: opening.description.clone(),
        order_id: opening.order_id.clone(),
        priority: wire_priority(opening.priority).into(),
        state: wire_state(progress.state).into(),
        create_time: Some(timestamp(progress.opened_at)),
        first_response_time: progress.first_responded_at.map(timestamp),
        resolve_time: resolution.map(|resolution| timestamp(resolution.at)),
        close_time: progress.closed_at.map(timestamp),
        resolution: resolution
            .map(|resolution| resolution.text.clone())
            .unwrap_or_default(),
        origin: opening.origin.clone(),
        reopen_count: progress.reopen_count,
        etag: etag(case),
    }
}

/// The version of the case: the length of its log.
pub(crate) fn etag(case: &Case) -> String {
    case.progress.version.to_string()
}
