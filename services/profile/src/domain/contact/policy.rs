//! What a company allows itself.

use std::collections::BTreeSet;

use calendar::{Unit, Zone};
use jiff::SignedDuration;
use jiff::civil::time;

use super::caps::{Cap, CapId, Window};
use super::quiet::{QuietHours, is_always};
use super::topic::{Channel, Purpose, Topic, is_name};
use crate::domain::invalid::{Invalid, Problem};

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    Campaign,
    Survey,
    Complaint,
    Transactional,
}

/// What customers are contacted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PurposeRule {
    pub(crate) purpose: Purpose,
    pub(crate) priority: Priority,
    pub(crate) needs_consent: bool,
    /// Channels in which consent must be confirmed.
    pub(crate) double_opt_in: Vec<Channel>,
    pub(crate) ignores_quiet_hours: bool,
    pub(crate) ignores_caps: bool,
}

/// When and how often customers may be contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) channels: Vec<Channel>,
    pub(crate) purposes: Vec<PurposeRule>,
    pub(crate) quiet_hours: Vec<QuietHours>,
    pub(crate) caps: Vec<Cap>,
    /// Of customers whose own is not known.
    pub(crate) default_zone: Zone,
    /// How long a reservation waits to be confirmed.
    pub(crate) reservation: SignedDuration,
    /// How long an opt-in waits to be confirmed.
    pub(crate) opt_in: SignedDuration,
}

/// The policy has no such purpose or channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contact policy has no such {field}")]
pub(crate) struct UnknownTopic {
    pub(crate) field: &'static str,
}

impl Policy {
    /// The policy that Patron begins with, until a company has one of its own.
    pub(crate) fn initial(default_zone: Zone) -> Self {
        let channels = ["email", "sms", "phone", "push", "post", "chat"];
        let quiet = QuietHours {
            channels: ["sms", "phone", "push", "chat"].map(channel).to_vec(),
            start: time(21, 0, 0, 0),
            end: time(8, 0, 0, 0),
        };
        Self {
            channels: channels.map(channel).to_vec(),
            purposes: initial_purposes(),
            quiet_hours: vec![quiet],
            caps: vec![
                initial_cap(
                    "marketing-day",
                    &["marketing"],
                    1,
                    Window::Calendar(Unit::Day),
                ),
                initial_cap(
                    "asking-week",
                    &["marketing", "survey"],
                    3,
                    Window::Rolling { hours: 168 },
                ),
            ],
            default_zone,
            reservation: SignedDuration::from_mins(15),
            opt_in: SignedDuration::from_hours(48),
        }
    }

    /// The rule on a topic that the policy knows.
    pub(crate) fn rule(&self, topic: &Topic) -> Result<&PurposeRule, UnknownTopic> {
        let rule = self
            .purposes
            .iter()
            .find(|rule| rule.purpose == topic.purpose);
        let rule = rule.ok_or(UnknownTopic { field: "purpose" })?;
        if self.channels.contains(&topic.channel) {
            Ok(rule)
        } else {
            Err(UnknownTopic { field: "channel" })
        }
    }

    /// The caps that can be in the way of a message.
    pub(crate) fn caps_on(&self, rule: &PurposeRule, topic: &Topic) -> impl Iterator<Item = &Cap> {
        let applies = !rule.ignores_caps;
        self.caps
            .iter()
            .filter(move |cap| applies && cap.counts(topic))
    }

    /// The topics for which customers must have agreed.
    pub(crate) fn consent_topics(&self) -> impl Iterator<Item = Topic> {
        let rules = self.purposes.iter().filter(|rule| rule.needs_consent);
        rules.flat_map(|rule| {
            self.channels.iter().map(|channel| Topic {
                purpose: rule.purpose.clone(),
                channel: channel.clone(),
            })
        })
    }

    /// Refuses what names things that are not there, or twice, or would let nothing through.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let channels = self.channels.iter().map(|channel| channel.0.as_str());
        check_names("channels", channels, is_name)?;
        let purposes = self.purposes.iter().map(|rule| rule.purpose.0.as_str());
        check_names("purposes", purposes, is_name)?;
        check_names(
            "caps",
            self.caps.iter().map(|cap| cap.id.0.as_str()),
            |_| true,
        )?;
        for (at, rule) in self.purposes.iter().enumerate() {
            self.check_purpose(&format!("purposes[{at}]"), rule)?;
        }
        for (at, cap) in self.caps.iter().enumerate() {
            self.check_channels(&format!("caps[{at}].channels"), &cap.channels)?;
            self.check_purposes(&format!("caps[{at}].purposes"), &cap.purposes)?;
        }
        self.check_quiet_hours()
    }

    fn check_purpose(&self, field: &str, rule: &PurposeRule) -> Result<(), Invalid> {
        let field = format!("{field}.double_opt_in_channels");
        if !rule.needs_consent && !rule.double_opt_in.is_empty() {
            return Err(Invalid::new(field, Problem::NeedsNoConsent));
        }
        self.check_channels(&field, &rule.double_opt_in)
    }

    fn check_quiet_hours(&self) -> Result<(), Invalid> {
        for (at, hours) in self.quiet_hours.iter().enumerate() {
            let field = format!("quiet_hours[{at}]");
            if hours.start == hours.end {
                return Err(Invalid::new(
                    format!("{field}.end_time"),
                    Problem::NoTimeBetween,
                ));
            }
            self.check_channels(&format!("{field}.channels"), &hours.channels)?;
        }
        let is_silenced = |channel: &&Channel| {
            let hours = self.quiet_hours.iter();
            is_always(&hours.filter(|it| it.holds_for(channel)).collect::<Vec<_>>())
        };
        if self.channels.iter().any(|channel| is_silenced(&channel)) {
            return Err(Invalid::new("quiet_hours", Problem::NeverFree));
        }
        Ok(())
    }

    fn check_channels(&self, field: &str, named: &[Channel]) -> Result<(), Invalid> {
        let unknown = named.iter().position(|name| !self.channels.contains(name));
        unknown.map_or(Ok(()), |at| {
            Err(Invalid::new(format!("{field}[{at}]"), Problem::NotInPolicy))
        })
    }

    fn check_purposes(&self, field: &str, named: &[Purpose]) -> Result<(), Invalid> {
        let has = |name: &Purpose| self.purposes.iter().any(|rule| rule.purpose == *name);
        let unknown = named.iter().position(|name| !has(name));
        unknown.map_or(Ok(()), |at| {
            Err(Invalid::new(format!("{field}[{at}]"), Problem::NotInPolicy))
        })
    }
}

fn check_names<'a>(
    field: &str,
    names: impl Iterator<Item = &'a str>,
    is_name: impl Fn(&str) -> bool,
) -> Result<(), Invalid> {
    let mut seen = BTreeSet::new();
    for (at, name) in names.enumerate() {
        if !is_name(name) {
            return Err(Invalid::new(format!("{field}[{at}]"), Problem::NotAName));
        }
        if !seen.insert(name) {
            return Err(Invalid::new(format!("{field}[{at}]"), Problem::NamedTwice));
        }
    }
    Ok(())
}

fn channel(name: &str) -> Channel {
    Channel(name.to_owned())
}

fn initial_purposes() -> Vec<PurposeRule> {
    let rule = |name: &str, priority| PurposeRule {
        purpose: Purpose(name.to_owned()),
        priority,
        needs_consent: false,
        double_opt_in: Vec::new(),
        ignores_quiet_hours: false,
        ignores_caps: false,
    };
    vec![
        PurposeRule {
            ignores_quiet_hours: true,
            ignores_caps: true,
            ..rule("service", Priority::Transactional)
        },
        PurposeRule {
            ignores_caps: true,
            ..rule("complaint", Priority::Complaint)
        },
        PurposeRule {
            needs_consent: true,
            ..rule("survey", Priority::Survey)
        },
        PurposeRule {
            needs_consent: true,
            double_opt_in: vec![channel("email")],
            ..rule("marketing", Priority::Campaign)
        },
    ]
}

fn initial_cap(id: &str, purposes: &[&str], limit: usize, window: Window) -> Cap {
    Cap {
        id: CapId(id.to_owned()),
        channels: Vec::new(),
        purposes: purposes
            .iter()
            .map(|name| Purpose((*name).to_owned()))
            .collect(),
        limit,
        window,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Policy);

    fn initial() -> Policy {
        Policy::initial(Zone::parse("UTC").unwrap())
    }

    #[test]
    fn the_policy_that_patron_begins_with_is_sound() {
        assert_eq!(initial().check(), Ok(()));
    }

    #[test]
    fn a_policy_that_contradicts_itself_is_refused_where_it_does() {
        let cases: [(Change, &str, Problem); 8] = [
            (
                |it| it.channels[1] = channel("E mail"),
                "channels[1]",
                Problem::NotAName,
            ),
            (
                |it| it.channels[1] = channel("email"),
                "channels[1]",
                Problem::NamedTwice,
            ),
            (
                |it| it.purposes[0].double_opt_in = vec![channel("email")],
                "purposes[0].double_opt_in_channels",
                Problem::NeedsNoConsent,
            ),
            (
                |it| it.caps[1].channels = vec![channel("email"), channel("pigeon")],
                "caps[1].channels[1]",
                Problem::NotInPolicy,
            ),
            (
                |it| it.caps[0].purposes = vec![Purpose("tea".to_owned())],
                "caps[0].purposes[0]",
                Problem::NotInPolicy,
            ),
            (
                |it| it.caps[1].id = it.caps[0].id.clone(),
                "caps[1]",
                Problem::NamedTwice,
            ),
            (
                |it| it.quiet_hours[0].end = it.quiet_hours[0].start,
                "quiet_hours[0].end_time",
                Problem::NoTimeBetween,
            ),
            (
                |it| {
                    let (start, end) = (time(7, 59, 0, 0), time(21, 0, 0, 0));
                    let channels = vec![channel("sms")];
                    it.quiet_hours.push(QuietHours {
                        channels,
                        start,
                        end,
                    });
                },
                "quiet_hours",
                Problem::NeverFree,
            ),
        ];
        for (change, field, problem) in cases {
            let mut policy = initial();
            change(&mut policy);
            assert_eq!(policy.check(), Err(Invalid::new(field, problem)));
        }
    }
}
