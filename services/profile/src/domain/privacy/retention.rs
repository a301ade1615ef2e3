//! How long kinds of data are kept.

pub(crate) mod run;

use jiff::{SignedDuration, Timestamp};

use run::{Run, RunId};

/// How often a rule is followed.
const EACH: SignedDuration = SignedDuration::from_hours(24);
/// Contacts that are younger may count for a cap, the longest of which is a calendar month.
const LEAST_CONTACT_DAYS: i32 = 31;

/// A kind of data that has an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This service has it.
    Own(Own),
    /// Another service has it.
    Others(Others),
}

/// What this service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    Interactions,
    Contacts,
    ImportErrors,
}

/// What other services have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    Cases,
    SurveyResponses,
    Baskets,
}

/// How long a kind is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    /// 0: without end.
    pub(crate) days: i32,
    /// Who said so and when; `None`: nobody has.
    pub(crate) updated: Option<(String, Timestamp)>,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Own(Own::Interactions),
        Self::Own(Own::Contacts),
        Self::Own(Own::ImportErrors),
        Self::Others(Others::Cases),
        Self::Others(Others::SurveyResponses),
        Self::Others(Others::Baskets),
    ];

    /// The number that the contract and the database have for it.
    pub(crate) fn number(self) -> i16 {
        match self {
            Self::Own(Own::Interactions) => 1,
            Self::Own(Own::Contacts) => 2,
            Self::Own(Own::ImportErrors) => 3,
            Self::Others(Others::Cases) => 4,
            Self::Others(Others::SurveyResponses) => 5,
            Self::Others(Others::Baskets) => 6,
        }
    }

    /// The one that a number stands for.
    pub(crate) fn numbered(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.number() == number)
    }

    /// Whether it may be kept for so few days.
    pub(crate) fn allows(self, days: i32) -> bool {
        days == 0 || self != Self::Own(Own::Contacts) || days >= LEAST_CONTACT_DAYS
    }
}

impl Others {
    /// The service that has it.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Cases => "complaints",
            Self::SurveyResponses => "survey",
            Self::Baskets => "recommendation",
        }
    }

    /// What that service calls it.
    pub(crate) fn store(self) -> &'static str {
        match self {
            Self::Cases => "cases",
            Self::SurveyResponses => "responses",
            Self::Baskets => "baskets",
        }
    }
}

impl Rule {
    /// A run by this rule, when one is due: the last one was long ago, or the rule is another since.
    pub(crate) fn run(&self, last: Option<Timestamp>, id: RunId, now: Timestamp) -> Option<Run> {
        let (_, updated_at) = self.updated.as_ref()?;
        let is_due = last.is_none_or(|last| last < *updated_at || now.duration_since(last) >= EACH);
        (is_due && self.days > 0).then(|| Run {
            id,
            kind: self.kind,
            days: self.days,
            cut_off: cut_off(now, self.days),
            begun_at: now,
            ended_at: None,
            removed: 0,
            held: 0,
            removing_until: None,
            hindered: None,
        })
    }
}

/// What is older than so many days.
pub(crate) fn cut_off(now: Timestamp, days: i32) -> Timestamp {
    let age = SignedDuration::from_hours(i64::from(days).saturating_mul(24));
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_run_is_due_once_a_day_and_when_the_rule_changes_and_never_without_a_number_of_days() {
        let contacts = Kind::Own(Own::Contacts);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-05-10T12:00:00Z");
        let rule = |days, updated: &str| Rule {
            kind: contacts,
            days,
            updated: Some(("user:ann".to_owned(), at(updated))),
        };
        let run = |rule: &Rule, last: Option<&str>| {
            let run = rule.run(last.map(at), RunId(Uuid::nil()), now);
            run.map(|run| run.cut_off)
        };
        let old = rule(40, "2026-01-01T00:00:00Z");
        let cut_off = Some(at("2026-03-31T12:00:00Z"));
        assert_eq!(run(&old, None), cut_off);
        assert_eq!(run(&old, Some("2026-05-09T12:00:00Z")), cut_off);
        assert_eq!(run(&old, Some("2026-05-09T12:00:01Z")), None);
        let changed = rule(40, "2026-05-10T11:00:00Z");
        assert_eq!(run(&changed, Some("2026-05-10T10:59:59Z")), cut_off);
        assert_eq!(run(&rule(0, "2026-05-10T11:00:00Z"), None), None);
        assert!(contacts.allows(31) && contacts.allows(0));
        assert!(!contacts.allows(30) && Kind::Own(Own::Interactions).allows(1));
    }
}
