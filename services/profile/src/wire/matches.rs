//! Pairs of customers who may be one person, and the policy on them.

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::match_preview::{
    ChangedField, ChangedSegment, Decision as WireDecision, NarrowedConsent,
};
use proto::match_review::State as WireState;

use super::contact::consents::preference;
use super::identities::evidence_kind;
use super::{customers, identities, time};
use crate::app::contact::regrouped::Narrowed;
use crate::app::identity::rules::preview::Preview;
use crate::app::identity::rules::reviews::Decided;
use crate::app::segments::Move;
use crate::domain::contact::consent::{Standing, State as Consent};
use crate::domain::contact::topic::Topic;
use crate::domain::field::Field;
use crate::domain::identity::candidate::{Candidate, State};
use crate::domain::identity::match_policy::{Decision, MatchPolicy};
use crate::domain::identity::matching::Kind;
use crate::domain::ids::CustomerId;

/// A policy as it is sent or stored. That it makes sense is for [`MatchPolicy::check`].
pub(crate) fn decode_policy(sent: &proto::MatchPolicy) -> MatchPolicy {
    MatchPolicy {
        merge_from: Some(sent.merge_from_permille).filter(|from| *from > 0),
        review_from: sent.review_from_permille,
        most_merges: sent.most_merges,
    }
}

/// A policy with its version, 0 for the one that Patron begins with.
pub(crate) fn encode_policy(
    policy: &MatchPolicy,
    version: i64,
    update_time: Option<Timestamp>,
) -> proto::MatchPolicy {
    proto::MatchPolicy {
        merge_from_permille: policy.merge_from.unwrap_or_default(),
        review_from_permille: policy.review_from,
        most_merges: policy.most_merges,
        etag: version.to_string(),
        update_time: update_time.map(time::encode),
    }
}

/// A pair that waits.
pub(crate) fn waiting(candidate: Candidate) -> proto::MatchReview {
    proto::MatchReview {
        state: state_of(candidate.state).into(),
        pair: Some(pair(candidate)),
        ..proto::MatchReview::default()
    }
}

/// A pair that was decided on.
pub(crate) fn decided(decided: Decided) -> proto::DecideMatchReviewResponse {
    let verdict = decided.verdict;
    let review = proto::MatchReview {
        pair: Some(pair(decided.candidate)),
        state: state_of(verdict.state).into(),
        decided_by: verdict.actor,
        decide_time: Some(time::encode(verdict.at)),
        reason: verdict.reason,
    };
    let (link, customer) = decided.joined.unzip();
    proto::DecideMatchReviewResponse {
        review: Some(review),
        link: link.map(identities::link),
        customer: customer.map(customers::encode),
    }
}

/// A pair, and what a policy would do with it.
pub(crate) fn preview(preview: Preview) -> proto::MatchPreview {
    let fields = preview.changes.fields.into_iter();
    let consents = preview.changes.consents.into_iter();
    let segments = preview.changes.segments.into_iter();
    proto::MatchPreview {
        pair: Some(pair(preview.candidate)),
        decision: decision_of(preview.decision).into(),
        narrowed_consents: consents.map(narrowed).collect(),
        changed_fields: fields.map(changed).collect(),
        changed_segments: segments.map(moved).collect(),
        // Loyalty is asked for them.
        balances: Vec::new(),
    }
}

/// What became of a pair.
pub(crate) fn state_of(state: State) -> WireState {
    match state {
        State::Open => WireState::Waiting,
        State::Merged => WireState::Merged,
        State::Rejected => WireState::Rejected,
        // Nobody is told of these.
        State::Closed => WireState::Unspecified,
    }
}

fn decision_of(decision: Decision) -> WireDecision {
    match decision {
        Decision::Merge => WireDecision::Merge,
        Decision::Review => WireDecision::Review,
        // Too unlikely to be told of.
        Decision::Leave => WireDecision::Unspecified,
    }
}

fn pair(candidate: Candidate) -> proto::MatchPair {
    let evidence = candidate.evidence.into_iter().map(evidence);
    proto::MatchPair {
        customer_id: candidate.pair.older.0.to_string(),
        matched_customer_id: candidate.pair.newer.0.to_string(),
        score_permille: candidate.score_permille,
        evidence: evidence.collect(),
        refusal: candidate.refusal,
        find_time: Some(time::encode(candidate.find_time)),
    }
}

fn evidence(kind: Kind) -> proto::likeness::Evidence {
    proto::likeness::Evidence {
        kind: evidence_kind(kind).into(),
        weight_permille: kind.weight_permille(),
    }
}

fn narrowed(narrowed: Narrowed) -> NarrowedConsent {
    let state = |state| state_in(&narrowed.topic, state);
    NarrowedConsent {
        customer_id: narrowed.customer.0.to_string(),
        before: state(narrowed.before),
        after: state(narrowed.after),
        purpose: narrowed.topic.purpose.0.clone(),
        channel: narrowed.topic.channel.0.clone(),
    }
}

fn state_in(topic: &Topic, state: Consent) -> i32 {
    preference(topic, Standing { state, by: None }).state
}

fn moved(it: Move) -> ChangedSegment {
    ChangedSegment {
        customer_id: it.customer.0.to_string(),
        segment_id: it.segment.0,
        enters: it.enters,
    }
}

fn changed((customer, field): (CustomerId, Field)) -> ChangedField {
    ChangedField {
        customer_id: customer.0.to_string(),
        field: field.path().to_owned(),
    }
}
