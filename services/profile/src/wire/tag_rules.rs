//! Rules that give tags.

use contract::patron::profile::v1 as proto;

use super::time;
use crate::domain::invalid::Invalid;
use crate::domain::tag;
use crate::domain::tag_rule::{Definition, RuleId, TagRule};

/// What operators say of a rule.
pub(crate) fn decode(sent: &proto::TagRule) -> Result<(RuleId, Definition), Invalid> {
    tag::check("tag", &sent.tag)?;
    super::text("condition", &sent.condition)?;
    super::text("reason", &sent.reason)?;
    let definition = Definition {
        tag: sent.tag.clone(),
        condition: sent.condition.clone(),
        reason: sent.reason.clone(),
    };
    Ok((RuleId(sent.tag_rule_id.clone()), definition))
}

/// A rule.
pub(crate) fn encode(rule: TagRule) -> proto::TagRule {
    use proto::tag_rule::State;
    let state = match (rule.archived, rule.evaluating) {
        (true, _) => State::Archived,
        (false, true) => State::Evaluating,
        (false, false) => State::Active,
    };
    proto::TagRule {
        etag: rule.etag(),
        tag_rule_id: rule.id.0,
        tag: rule.definition.tag,
        condition: rule.definition.condition,
        reason: rule.definition.reason,
        state: state.into(),
        create_time: Some(time::encode(rule.create_time)),
        update_time: Some(time::encode(rule.update_time)),
    }
}
