//! What the service announces. Nothing that people wrote is in it.

use contract::patron::complaints::v1 as wire;
use contract::time::timestamp;

use super::kinds::{wire_kind, wire_message_kind, wire_priority};
use crate::domain::{Case, Entry, MessageKind};

/// A case was opened.
pub(crate) fn opened(case: &Case) -> wire::CaseOpened {
    wire::CaseOpened {
        case_id: case.id.0.to_string(),
        customer_id: case.opening.customer.0.to_string(),
        r#type: wire_kind(case.opening.kind).into(),
        channel: case.opening.channel.clone(),
        order_id: case.opening.order_id.clone(),
        origin: case.opening.origin.clone(),
        priority: wire_priority(case.opening.priority).into(),
    }
}

/// A message was added by this entry.
pub(crate) fn message_added(
    case: &Case,
    entry: &Entry,
    kind: MessageKind,
    first_response: bool,
) -> wire::CaseMessageAdded {
    wire::CaseMessageAdded {
        case_id: case.id.0.to_string(),
        customer_id: case.opening.customer.0.to_string(),
        message_id: entry.id.to_string(),
        kind: wire_message_kind(kind).into(),
        first_response,
    }
}

/// A case was resolved.
pub(crate) fn resolved(case: &Case) -> wire::CaseResolved {
    wire::CaseResolved {
        case_id: case.id.0.to_string(),
        customer_id: case.opening.customer.0.to_string(),
        create_time: Some(timestamp(case.progress.opened_at)),
    }
}

/// A case was closed.
pub(crate) fn closed(case: &Case) -> wire::CaseClosed {
    wire::CaseClosed {
        case_id: case.id.0.to_string(),
        customer_id: case.opening.customer.0.to_string(),
        r#type: wire_kind(case.opening.kind).into(),
        resolution_number: case.progress.resolution_number(),
    }
}

/// A case was opened again.
pub(crate) fn reopened(case: &Case) -> wire::CaseReopened {
    wire::CaseReopened {
        case_id: case.id.0.to_string(),
        customer_id: case.opening.customer.0.to_string(),
        reopen_count: case.progress.reopen_count,
    }
}
