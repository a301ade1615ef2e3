//! What happens between customers and the company besides orders and returns.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ids::CustomerId;
use super::invalid::{Invalid, Problem};
use super::order::check_not_ahead;
use super::text;

/// 2000-01-01T00:00:00Z. What is said to be older comes from a clock that was never set.
const EARLIEST: Timestamp = Timestamp::constant(946_684_800, 0);

/// An interaction that makes sense in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interaction {
    pub(crate) key: InteractionKey,
    pub(crate) kind: Kind,
    pub(crate) channel: String,
    pub(crate) time: Timestamp,
    pub(crate) store_id: String,
    pub(crate) reference: String,
    pub(crate) subject: String,
    pub(crate) duration_seconds: i64,
    pub(crate) properties: BTreeMap<String, String>,
}

/// By what a source tells it from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InteractionKey {
    pub(crate) source: String,
    pub(crate) id: String,
}

/// An interaction, and with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedInteraction {
    pub(crate) interaction: Interaction,
    /// The id under which it came in.
    pub(crate) customer: CustomerId,
    pub(crate) entry_id: Uuid,
    pub(crate) record_time: Timestamp,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Visit,
    PageView,
    Cart,
    Call,
    Chat,
    Email,
    CampaignTouch,
}

const KINDS: [(&str, Kind); 7] = [
    ("visit", Kind::Visit),
    ("page_view", Kind::PageView),
    ("cart", Kind::Cart),
    ("call", Kind::Call),
    ("chat", Kind::Chat),
    ("email", Kind::Email),
    ("campaign_touch", Kind::CampaignTouch),
];

impl Kind {
    /// How it is written.
    pub(crate) fn name(self) -> &'static str {
        let found = KINDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }

    /// The kind that is written so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = KINDS.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }
}

impl Interaction {
    /// Refuses what can't be right in itself.
    pub(crate) fn check(self, now: Timestamp) -> Result<Self, Invalid> {
        check_not_ahead("occur_time", self.time, now)?;
        if self.time < EARLIEST {
            return Err(Invalid::new("occur_time", Problem::ClockNotSet));
        }
        for (field, value) in [
            ("interaction_id", &self.key.id),
            ("store_id", &self.store_id),
            ("reference", &self.reference),
            ("subject", &self.subject),
        ] {
            text::check(|| field.to_owned(), value)?;
        }
        for (name, value) in &self.properties {
            text::check(|| format!("properties.{name}"), value)?;
        }
        Ok(self)
    }

    /// The same for the same content, whoever it is about: that is found out anew each time.
    pub(crate) fn digest(&self) -> [u8; 16] {
        let mut digest = Sha256::new();
        let texts = [
            &self.channel,
            &self.store_id,
            &self.reference,
            &self.subject,
        ];
        let properties = self
            .properties
            .iter()
            .flat_map(|(name, value)| [name, value]);
        for text in texts.into_iter().chain(properties) {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        digest.update(self.kind.name());
        digest.update(self.time.as_microsecond().to_be_bytes());
        digest.update(self.duration_seconds.to_be_bytes());
        let whole: [u8; 32] = digest.finalize().into();
        std::array::from_fn(|at| whole.get(at).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Interaction {
        Interaction {
            key: InteractionKey {
                source: "web".to_owned(),
                id: "1".to_owned(),
            },
            kind: Kind::Visit,
            channel: "online".to_owned(),
            time: time.parse().unwrap(),
            store_id: String::new(),
            reference: String::new(),
            subject: String::new(),
            duration_seconds: 0,
            properties: BTreeMap::new(),
        }
    }

    #[test]
    fn clocks_that_are_wrong_are_found_out_and_late_ones_are_not_wrong() {
        let now = "2025-03-09T10:00:00Z".parse().unwrap();
        let check = |time| at(time).check(now).map(drop).map_err(|it| it.problem);
        assert_eq!(check("2000-01-01T00:00:00Z"), Ok(()));
        assert_eq!(check("2025-03-09T10:59:59Z"), Ok(()));
        assert_eq!(check("1970-01-01T00:00:00Z"), Err(Problem::ClockNotSet));
        assert_eq!(check("2099-01-01T00:00:00Z"), Err(Problem::InFuture));
    }

    #[test]
    fn the_digest_is_that_of_the_content() {
        let one = at("2025-03-09T10:00:00Z");
        let same = one.clone();
        assert_eq!(one.digest(), same.digest());
        let other = Interaction {
            reference: "a".to_owned(),
            ..one.clone()
        };
        let swapped = Interaction {
            store_id: "a".to_owned(),
            ..one.clone()
        };
        assert!(other.digest() != one.digest() && other.digest() != swapped.digest());
    }
}
