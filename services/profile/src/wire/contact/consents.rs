//! Consents.

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::consent_change::Decision as WireDecision;
use proto::consent_statement::Kind as WireKind;
use proto::preference::State as WireState;

use crate::domain::contact::change::Change;
use crate::domain::contact::consent::{Kind, Standing, State, Statement};
use crate::domain::contact::topic::{Channel, Purpose, Topic};
use crate::domain::identifier::IdentifierKey;
use crate::domain::invalid::Invalid;
use crate::domain::points::phone::Country;
use crate::store::contact::statements::Recorded;
use crate::wire::time;

/// A decision that was sent, when it makes sense in itself.
pub(crate) fn decode(
    sent: proto::ConsentChange,
    (now, country): (Timestamp, Option<Country>),
) -> Result<Change, Invalid> {
    let given = |name: String| Some(name).filter(|it| !it.is_empty());
    let instant = |field: &str, sent: Option<&prost_types::Timestamp>| {
        sent.map(|sent| time::decode(field, Some(sent))).transpose()
    };
    let change = Change {
        is_grant: sent.decision() == WireDecision::Grant,
        decided: instant("decide_time", sent.decide_time.as_ref())?.unwrap_or(now),
        until: instant("expire_time", sent.expire_time.as_ref())?,
        purpose: given(sent.purpose).map(Purpose),
        channel: given(sent.channel).map(Channel),
        notice: sent.notice_version,
        source: sent.source,
        evidence: sent.evidence,
        identifier: sent
            .identifier
            .map(|it| IdentifierKey::stated(it.kind, it.value, country)),
    };
    change.check(now)
}

/// Where a consent stands.
pub(crate) fn preference(topic: &Topic, standing: Standing<'_>) -> proto::Preference {
    let (state, confirm_by) = match standing.state {
        State::NotAsked => (WireState::NotAsked, None),
        State::Pending { confirm_by } => (WireState::Pending, Some(confirm_by)),
        State::Granted { .. } => (WireState::Granted, None),
        State::Expired => (WireState::Expired, None),
        State::Withdrawn => (WireState::Withdrawn, None),
    };
    let until = match standing.state {
        State::Granted { until } => until,
        _ => standing.by.and_then(|it| it.until),
    };
    let by = standing.by;
    let said = |text: fn(&Statement) -> &str| by.map(|it| text(it).to_owned()).unwrap_or_default();
    proto::Preference {
        purpose: topic.purpose.0.clone(),
        channel: topic.channel.0.clone(),
        state: state.into(),
        notice_version: said(|it| &it.notice),
        source: said(|it| &it.source),
        decide_time: by.map(|it| time::encode(it.decided)),
        expire_time: until.map(time::encode),
        confirm_by_time: confirm_by.map(time::encode),
        statement_id: by.map(|it| it.id.0.to_string()).unwrap_or_default(),
    }
}

/// A statement of a history.
pub(crate) fn statement(recorded: Recorded) -> proto::ConsentStatement {
    let statement = recorded.statement;
    let identified = statement.is_decision() && statement.proved_by.is_some();
    let (kind, confirmed) = match statement.kind {
        Kind::Granted => (WireKind::Granted, None),
        Kind::Requested { .. } => (WireKind::Requested, None),
        Kind::Confirmed { request } => (WireKind::Confirmed, Some(request)),
        Kind::Withdrawn => (WireKind::Withdrawn, None),
    };
    proto::ConsentStatement {
        statement_id: statement.id.0.to_string(),
        customer_id: statement.home.0.to_string(),
        purpose: statement.topic.purpose.0,
        channel: statement.topic.channel.0,
        kind: kind.into(),
        notice_version: statement.notice,
        source: statement.source,
        evidence: recorded.evidence,
        decide_time: Some(time::encode(statement.decided)),
        record_time: Some(time::encode(recorded.record_time)),
        expire_time: statement.until.map(time::encode),
        confirm_by_time: statement.kind.confirm_by().map(time::encode),
        confirmed_statement_id: confirmed.map(|it| it.0.to_string()).unwrap_or_default(),
        recorded_by: recorded.recorded_by,
        identified,
    }
}
