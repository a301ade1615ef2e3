//! What a customer decides, and what is recorded of it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::consent::{Kind, Said, State};
use super::policy::{Policy, UnknownTopic};
use super::topic::{Channel, Purpose, Topic};
use crate::domain::identifier::IdentifierKey;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::text;

/// How far a sender's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// What a customer has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// `None`: all; only of withdrawals.
    pub(crate) purpose: Option<Purpose>,
    /// `None`: all; only of withdrawals.
    pub(crate) channel: Option<Channel>,
    pub(crate) is_grant: bool,
    pub(crate) notice: String,
    pub(crate) source: String,
    pub(crate) evidence: String,
    /// By which the customer spoke. Personal data.
    pub(crate) identifier: Option<IdentifierKey>,
    pub(crate) decided: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

impl Change {
    /// Refuses what makes no sense in itself. A clock that is ahead is taken for now: it must not make
    /// a decision newer than those that follow.
    pub(crate) fn check(self, now: Timestamp) -> Result<Self, Invalid> {
        let missing = [
            ("purpose", self.purpose.is_none()),
            ("channel", self.channel.is_none()),
            ("notice_version", self.notice.is_empty()),
        ];
        let missing = missing.into_iter().find(|(_, is_missing)| *is_missing);
        if let Some((field, _)) = missing.filter(|_| self.is_grant) {
            return Err(Invalid::new(field, Problem::MissingInGrant));
        }
        text::check(|| "notice_version".to_owned(), &self.notice)?;
        text::check(|| "evidence".to_owned(), &self.evidence)?;
        if self.decided.duration_since(now) > AHEAD {
            return Err(Invalid::new("decide_time", Problem::InFuture));
        }
        let decided = self.decided.min(now);
        // A withdrawal does not end by itself.
        let until = self.until.filter(|_| self.is_grant);
        if until.is_some_and(|until| until <= decided) {
            return Err(Invalid::new("expire_time", Problem::EndsBeforeDecision));
        }
        Ok(Self {
            decided,
            until,
            ..self
        })
    }

    /// The topics that it is about. What the policy does not know can't be agreed to; it can be
    /// withdrawn when something was said about it, also after the policy has forgotten it.
    pub(crate) fn topics(
        &self,
        policy: &Policy,
        said: &Said,
        now: Timestamp,
    ) -> Result<Vec<Topic>, UnknownTopic> {
        if let (Some(purpose), Some(channel)) = (&self.purpose, &self.channel) {
            let topic = Topic {
                purpose: purpose.clone(),
                channel: channel.clone(),
            };
            let is_old = said.statements.iter().any(|it| it.topic == topic);
            if self.is_grant || !is_old {
                policy.rule(&topic)?;
            }
            return Ok(vec![topic]);
        }
        let mut about = all_topics(policy, said);
        about.retain(|topic| self.is_about(topic));
        if about.is_empty() {
            let field = if self.purpose.is_some() {
                "purpose"
            } else {
                "channel"
            };
            return Err(UnknownTopic { field });
        }
        let refused = |topic: &Topic| said.state(topic, now) == State::Withdrawn;
        Ok(about.into_iter().filter(|topic| !refused(topic)).collect())
    }

    fn is_about(&self, topic: &Topic) -> bool {
        let by_purpose = self.purpose.as_ref().is_none_or(|it| *it == topic.purpose);
        let by_channel = self.channel.as_ref().is_none_or(|it| *it == topic.channel);
        by_purpose && by_channel
    }

    /// What is recorded as said about a topic.
    pub(crate) fn kind(&self, policy: &Policy, topic: &Topic, now: Timestamp) -> Kind {
        if !self.is_grant {
            return Kind::Withdrawn;
        }
        let rule = policy.rule(topic);
        if rule.is_ok_and(|rule| rule.double_opt_in.contains(&topic.channel)) {
            let confirm_by = now.saturating_add(policy.opt_in).unwrap_or(Timestamp::MAX);
            Kind::Requested { confirm_by }
        } else {
            Kind::Granted
        }
    }
}

/// The topics for which consent is needed, and those about which something was said.
pub(crate) fn all_topics(policy: &Policy, said: &Said) -> BTreeSet<Topic> {
    let spoken = said.statements.iter().map(|it| it.topic.clone());
    policy.consent_topics().chain(spoken).collect()
}

#[cfg(test)]
mod tests {
    use calendar::Zone;
    use uuid::Uuid;

    use super::*;
    use crate::domain::contact::consent::Statement;
    use crate::domain::contact::topic::StatementId;
    use crate::domain::ids::CustomerId;

    fn policy() -> Policy {
        Policy::initial(Zone::parse("UTC").unwrap())
    }

    fn change(purpose: &str, channel: &str, is_grant: bool) -> Change {
        let given = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
        Change {
            purpose: given(purpose).map(Purpose),
            channel: given(channel).map(Channel),
            is_grant,
            notice: "1".to_owned(),
            source: "web".to_owned(),
            evidence: String::new(),
            identifier: None,
            decided: Timestamp::UNIX_EPOCH,
            until: None,
        }
    }

    fn said(purpose: &str, channel: &str, kind: Kind) -> Said {
        let home = CustomerId(Uuid::nil());
        let topic = Topic {
            purpose: Purpose(purpose.to_owned()),
            channel: Channel(channel.to_owned()),
        };
        let statement = Statement {
            id: StatementId(Uuid::nil()),
            home,
            covers: vec![home],
            topic,
            kind,
            decided: Timestamp::UNIX_EPOCH,
            until: None,
            proved_by: None,
            notice: String::new(),
            source: String::new(),
        };
        Said {
            ids: vec![home],
            statements: vec![statement],
        }
    }

    fn count(change: &Change, said: &Said) -> Result<usize, &'static str> {
        let topics = change.topics(&policy(), said, Timestamp::UNIX_EPOCH);
        topics.map(|it| it.len()).map_err(|unknown| unknown.field)
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_decision_newer_than_now() {
        let now = Timestamp::UNIX_EPOCH;
        let ahead = |by: SignedDuration| Change {
            decided: now + by,
            ..change("marketing", "sms", true)
        };
        let hour = SignedDuration::from_hours(1);
        assert_eq!(ahead(hour).check(now).map(|it| it.decided), Ok(now));
        let moment = SignedDuration::from_micros(1);
        let refused = Invalid::new("decide_time", Problem::InFuture);
        assert_eq!(ahead(hour + moment).check(now), Err(refused));
        let ends_at_once = Change {
            until: Some(now),
            ..ahead(moment)
        };
        let refused = Invalid::new("expire_time", Problem::EndsBeforeDecision);
        assert_eq!(ends_at_once.check(now), Err(refused));
    }

    #[test]
    fn one_withdrawal_may_be_of_everything_or_of_a_channel() {
        let nothing = Said::default();
        // Two purposes need consent, in six channels.
        assert_eq!(count(&change("", "", false), &nothing), Ok(12));
        assert_eq!(count(&change("marketing", "", false), &nothing), Ok(6));
        assert_eq!(count(&change("", "sms", false), &nothing), Ok(2));
        let withdrawn = said("marketing", "sms", Kind::Withdrawn);
        assert_eq!(count(&change("", "sms", false), &withdrawn), Ok(1));
        assert_eq!(count(&change("tea", "", false), &nothing), Err("purpose"));
        assert_eq!(
            count(&change("", "pigeon", false), &nothing),
            Err("channel")
        );
    }

    #[test]
    fn what_the_policy_has_forgotten_can_be_withdrawn_and_not_granted() {
        let old = said("tea", "pigeon", Kind::Granted);
        assert_eq!(count(&change("tea", "pigeon", false), &old), Ok(1));
        assert_eq!(count(&change("tea", "pigeon", true), &old), Err("purpose"));
        assert_eq!(
            count(&change("tea", "pigeon", false), &Said::default()),
            Err("purpose")
        );
        assert_eq!(count(&change("", "", false), &old), Ok(13));
    }
}
