//! Where an erasure stands.

use erasure::Removed;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::ids::CustomerId;

/// Who has to confirm.
pub(crate) const SERVICES: [&str; 5] = [
    "profile",
    "loyalty",
    "complaints",
    "survey",
    "recommendation",
];

/// After how long services that have not answered are asked again. What they were told stays in their feed
/// meanwhile, so this is for what an operator has skipped, and for databases that were restored.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// An erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ErasureId(pub(crate) Uuid);

/// Why somebody is erased: the grounds of article 17 (1) of the GDPR. A list and no free text, since what
/// is kept of an erasure must tell nothing of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    NoLongerNeeded,
    ConsentWithdrawn,
    Objection,
    Unlawful,
    LegalObligation,
    Child,
}

/// A person who is erased, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Erasure {
    pub(crate) id: ErasureId,
    /// All ids of the person.
    pub(crate) customers: Vec<CustomerId>,
    pub(crate) ground: Ground,
    pub(crate) requested_by: String,
    pub(crate) requested_at: Timestamp,
    /// How often the services were asked.
    pub(crate) round: i32,
    /// Answers to earlier times of asking count no more: databases were restored since.
    pub(crate) counts_from: i32,
    pub(crate) asked_at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
    pub(crate) reports: Vec<Report>,
}

/// What a service has removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) service: String,
    pub(crate) round: i32,
    pub(crate) confirmed_at: Timestamp,
    pub(crate) stores: Vec<Removed>,
}

impl Erasure {
    /// What a service has confirmed, as far as it counts.
    pub(crate) fn confirmed(&self, service: &str) -> Option<&Report> {
        let report = self.reports.iter().find(|it| it.service == service);
        report.filter(|it| it.round >= self.counts_from)
    }

    /// Whether every service has confirmed.
    pub(crate) fn is_complete(&self) -> bool {
        SERVICES.iter().all(|it| self.confirmed(it).is_some())
    }

    /// Asks once more those who have not answered.
    pub(crate) fn ask_again(&mut self, now: Timestamp) {
        self.round = self.round.saturating_add(1);
        self.asked_at = now;
    }

    /// Asks everybody anew; what was answered before counts no more. `known_round`: how often somebody else
    /// knows that was asked.
    pub(crate) fn replay(&mut self, known_round: i32, now: Timestamp) {
        self.round = self.round.max(known_round);
        self.ask_again(now);
        self.counts_from = self.round;
        self.completed_at = None;
    }
}

const GROUNDS: [Ground; 6] = [
    Ground::NoLongerNeeded,
    Ground::ConsentWithdrawn,
    Ground::Objection,
    Ground::Unlawful,
    Ground::LegalObligation,
    Ground::Child,
];

impl Ground {
    /// The number that stands for it, in the contract and in storage.
    pub(crate) fn number(self) -> i16 {
        let place = GROUNDS.iter().position(|it| *it == self);
        place.map_or(0, |place| i16::try_from(place + 1).unwrap_or(0))
    }

    /// The ground of a number.
    pub(crate) fn numbered(number: i16) -> Option<Self> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        GROUNDS.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasure() -> Erasure {
        Erasure {
            id: ErasureId(Uuid::nil()),
            customers: vec![CustomerId(Uuid::nil())],
            ground: Ground::Objection,
            requested_by: "officer".to_owned(),
            requested_at: Timestamp::UNIX_EPOCH,
            round: 1,
            counts_from: 1,
            asked_at: Timestamp::UNIX_EPOCH,
            completed_at: None,
            reports: Vec::new(),
        }
    }

    fn confirm(erasure: &mut Erasure, service: &str) {
        let round = erasure.round;
        erasure.reports.retain(|it| it.service != service);
        erasure.reports.push(Report {
            service: service.to_owned(),
            round,
            confirmed_at: Timestamp::UNIX_EPOCH,
            stores: Vec::new(),
        });
    }

    #[test]
    fn it_is_complete_when_every_service_has_answered_whichever_time_of_asking() {
        let mut erasure = erasure();
        for service in SERVICES {
            assert!(!erasure.is_complete(), "before {service}");
            confirm(&mut erasure, service);
            erasure.ask_again(Timestamp::UNIX_EPOCH);
        }
        assert!(erasure.is_complete());
    }

    #[test]
    fn after_a_replay_every_service_has_to_answer_again() {
        let mut erasure = erasure();
        for service in &SERVICES {
            confirm(&mut erasure, service);
        }
        erasure.replay(7, Timestamp::UNIX_EPOCH);
        assert_eq!((erasure.round, erasure.is_complete()), (8, false));
        for service in &SERVICES {
            confirm(&mut erasure, service);
        }
        assert!(erasure.is_complete());
    }

    #[test]
    fn each_ground_has_a_number_of_its_own() {
        for number in 1..=6 {
            assert_eq!(Ground::numbered(number).unwrap().number(), number);
        }
        assert_eq!(Ground::numbered(0).or(Ground::numbered(7)), None);
    }
}
