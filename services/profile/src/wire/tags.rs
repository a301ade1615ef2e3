//! Tags.

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;

use super::time;
use crate::domain::ids::CustomerId;
use crate::domain::tag::{self, Change, Kind};

/// The tags that a person has now.
pub(crate) fn standing(
    customer: CustomerId,
    latest: &[Change],
    now: Timestamp,
) -> proto::CustomerTags {
    let standing = tag::standing(latest, now);
    proto::CustomerTags {
        customer_id: customer.0.to_string(),
        tags: standing.into_values().map(encode).collect(),
    }
}

fn encode(change: &Change) -> proto::Tag {
    proto::Tag {
        tag: change.tag.clone(),
        reason: change.reason.clone(),
        source: change.source.clone(),
        actor: change.actor.clone(),
        add_time: Some(time::encode(change.at)),
        expire_time: until(change.kind).map(time::encode),
    }
}

/// Something that happened to a tag.
pub(crate) fn change(change: Change) -> proto::TagChange {
    let kind = match change.kind {
        Kind::Added { .. } => proto::tag_change::Kind::Added,
        Kind::Removed => proto::tag_change::Kind::Removed,
    };
    proto::TagChange {
        change_id: change.id.to_string(),
        customer_id: change.home.0.to_string(),
        tag: change.tag,
        kind: kind.into(),
        reason: change.reason,
        source: change.source,
        actor: change.actor,
        change_time: Some(time::encode(change.at)),
        expire_time: until(change.kind).map(time::encode),
        by_customer_id: change.by.0.to_string(),
    }
}

fn until(kind: Kind) -> Option<Timestamp> {
    match kind {
        Kind::Added { until } => until,
        Kind::Removed => None,
    }
}
