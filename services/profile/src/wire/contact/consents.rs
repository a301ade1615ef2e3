//! Consents.

use contract::patron::profile::v1 as proto;
use jiff::{SignedDuration, Timestamp};
use proto::consent_change::Decision as WireDecision;
use proto::consent_statement::Kind as WireKind;
use proto::preference::State as WireState;

use crate::domain::contact::change::Change;
use crate::domain::contact::consent::{Kind, Standing, State, Statement};
use crate::domain::contact::topic::{Channel, Purpose, Topic};
use crate::domain::identifier::IdentifierKey;
use crate::domain::invalid::{Invalid, Problem};
use crate::store::contact::statements::Recorded;
use crate::wire::{text, time};

/// How far a sender's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// A decision that was sent, when it makes sense in itself.
pub(crate) fn decode(sent: proto::ConsentChange, now: Timestamp) -> Result<Change, Invalid> {
    let is_grant = sent.decision() == WireDecision::Grant;
    for (field, value) in [
        ("purpose", &sent.purpose),
        ("channel", &sent.channel),
        ("notice_version", &sent.notice_version),
    ] {
        if is_grant && value.is_empty() {
            return Err(Invalid::new(field, Problem::Missing));
        }
    }
    text("notice_version", &sent.notice_version)?;
    text("evidence", &sent.evidence)?;
    let decided = decide_time(sent.decide_time.as_ref(), now)?;
    let until = sent.expire_time.as_ref().filter(|_| is_grant);
    let until = until
        .map(|sent| time::decode("expire_time", Some(sent)))
        .transpose()?;
    if until.is_some_and(|until| until <= decided) {
        return Err(Invalid::new("expire_time", Problem::EndsBeforeDecision));
    }
    let identifier = sent.identifier.map(|it| IdentifierKey {
        kind: it.kind,
        value: it.value,
    });
    Ok(Change {
        purpose: Some(sent.purpose).filter(|it| !it.is_empty()).map(Purpose),
        channel: Some(sent.channel).filter(|it| !it.is_empty()).map(Channel),
        is_grant,
        notice: sent.notice_version,
        source: sent.source,
        evidence: sent.evidence,
        identifier,
        decided,
        until,
    })
}

/// A clock that is ahead must not make a decision newer than those that follow.
fn decide_time(
    sent: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, Invalid> {
    let Some(sent) = sent else { return Ok(now) };
    let decided = time::decode("decide_time", Some(sent))?;
    if decided.duration_since(now) > AHEAD {
        return Err(Invalid::new("decide_time", Problem::InFuture));
    }
    Ok(decided.min(now))
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
