//! Segments.

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use rules::{Explanation, FactRead, Value};

use super::time;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::Invalid;
use crate::domain::segment::condition::Verdict;
use crate::domain::segment::definition::{Definition, Segment, SegmentId, Version};
use crate::store::segments::members::Membership;

/// What operators say of a segment.
pub(crate) fn decode(sent: &proto::Segment) -> Result<(SegmentId, Definition), Invalid> {
    let texts = [
        ("display_name", &sent.display_name),
        ("description", &sent.description),
        ("condition", &sent.condition),
    ];
    for (field, text) in texts {
        super::text(field, text).map_err(|invalid| invalid.within("segment"))?;
    }
    let definition = Definition {
        display_name: sent.display_name.clone(),
        description: sent.description.clone(),
        condition: sent.condition.clone(),
    };
    Ok((SegmentId(sent.segment_id.clone()), definition))
}

/// A segment.
pub(crate) fn encode(segment: Segment) -> proto::Segment {
    use proto::segment::State;
    let state = match (segment.archived, segment.evaluating) {
        (true, _) => State::Archived,
        (false, true) => State::Evaluating,
        (false, false) => State::Active,
    };
    proto::Segment {
        etag: segment.etag(),
        segment_id: segment.id.0,
        display_name: segment.definition.display_name,
        description: segment.definition.description,
        condition: segment.definition.condition,
        state: state.into(),
        create_time: Some(time::encode(segment.create_time)),
        update_time: Some(time::encode(segment.update_time)),
    }
}

/// A version of a segment.
pub(crate) fn version(version: Version) -> proto::SegmentVersion {
    proto::SegmentVersion {
        version: version.version,
        display_name: version.definition.display_name,
        description: version.definition.description,
        condition: version.definition.condition,
        actor: version.actor,
        create_time: Some(time::encode(version.create_time)),
    }
}

/// A member.
pub(crate) fn member(membership: Membership) -> proto::SegmentMember {
    proto::SegmentMember {
        customer_id: membership.customer.0.to_string(),
        enter_time: Some(time::encode(membership.since)),
    }
}

/// A segment of a customer.
pub(crate) fn of_customer(membership: Membership) -> proto::CustomerSegment {
    proto::CustomerSegment {
        segment_id: membership.segment.0,
        enter_time: Some(time::encode(membership.since)),
    }
}

/// What there is to tell about a membership.
#[derive(Debug)]
pub(crate) struct Explained<'a> {
    pub(crate) customer: CustomerId,
    pub(crate) segment: &'a Segment,
    pub(crate) since: Option<Timestamp>,
    pub(crate) verdict: Verdict,
    pub(crate) parts: Explanation,
    pub(crate) now: Timestamp,
}

/// Why a customer is a member or not.
pub(crate) fn explanation(explained: Explained<'_>) -> proto::MembershipExplanation {
    let mut conditions = Vec::new();
    flatten(explained.parts, 0, &mut conditions);
    let verdict = explained.verdict;
    let failure = verdict.holds.as_ref().err().map(ToString::to_string);
    proto::MembershipExplanation {
        customer_id: explained.customer.0.to_string(),
        segment_id: explained.segment.id.0.clone(),
        version: explained.segment.version,
        is_member: explained.since.is_some(),
        enter_time: explained.since.map(time::encode),
        holds: verdict.is_member(),
        failure: failure.unwrap_or_default(),
        explain_time: Some(time::encode(explained.now)),
        next_time: verdict.next.map(time::encode),
        conditions,
    }
}

/// Conditions are no deeper than the rules allow, which bounds this.
fn flatten(part: Explanation, depth: i32, into: &mut Vec<proto::ExplainedCondition>) {
    let failure = part.outcome.as_ref().err().map(ToString::to_string);
    into.push(proto::ExplainedCondition {
        text: part.text,
        depth,
        holds: part.outcome == Ok(Value::Bool(true)),
        failure: failure.unwrap_or_default(),
        facts: part.reads.into_iter().map(fact).collect(),
    });
    for inner in part.parts {
        flatten(inner, depth.saturating_add(1), into);
    }
}

fn fact(read: FactRead) -> proto::ExplainedFact {
    proto::ExplainedFact {
        name: read.path,
        value: read.value,
    }
}
