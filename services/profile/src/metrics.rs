//! What this service counts.

use chassis::metrics::Registry;
use contract::patron::profile::v1::{ContactDecision, ContactObstacle};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::app::intake::Recorded;
use crate::domain::book::Outcome;
use crate::domain::ids::CustomerId;
use crate::domain::segment::membership::Decision;

/// How far it is with making anew what older index keys have made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rotation {
    renewed: Counter,
}

impl Rotation {
    pub(crate) fn register(registry: &Registry) -> Self {
        let rotation = Self::default();
        let help = "Customers whose fingerprints were made anew under the index key in use";
        registry.register("profile_refingerprinted", help, rotation.renewed.clone());
        rotation
    }

    pub(crate) fn renewed(&self, customers: usize) {
        self.renewed
            .inc_by(u64::try_from(customers).unwrap_or(u64::MAX));
    }
}

/// Activities by kind and by what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intake(Family<Labels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
    outcome: &'static str,
}

impl Intake {
    pub(crate) fn register(registry: &Registry) -> Self {
        let intake = Self::default();
        let help = "Orders, returns and interactions that were taken in, by what became of them";
        registry.register("profile_activities", help, intake.0.clone());
        intake
    }

    /// Counts interactions.
    pub(crate) fn count_interactions(&self, kind: &'static str, outcome: &'static str) {
        self.0.get_or_create(&Labels { kind, outcome }).inc();
    }

    /// Counts an activity; `None`: it was refused.
    pub(crate) fn count(&self, kind: &'static str, recorded: Option<&Recorded>) {
        let outcome = match recorded.map(|recorded| recorded.outcome) {
            Some(Outcome::Recorded) => "recorded",
            Some(Outcome::AlreadyRecorded) => "already_recorded",
            Some(Outcome::AwaitingOrder) => "awaiting_order",
            None => "refused",
        };
        self.0.get_or_create(&Labels { kind, outcome }).inc();
    }
}

/// Decisions on contacts, by purpose, channel and what stood in the way first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decisions(Family<DecisionLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    purpose: String,
    channel: String,
    outcome: &'static str,
}

impl Decisions {
    pub(crate) fn register(registry: &Registry) -> Self {
        let decisions = Self::default();
        let help = "Decisions on contacts, by what stood in the way first";
        registry.register("profile_contact_decisions", help, decisions.0.clone());
        decisions
    }

    /// Counts a decision. Purposes and channels are those of the policy, so there are few.
    pub(crate) fn count(&self, purpose: &str, channel: &str, decision: &ContactDecision) {
        let first = decision.obstacles.first().map(ContactObstacle::reason);
        let labels = DecisionLabels {
            purpose: purpose.to_owned(),
            channel: channel.to_owned(),
            outcome: first.map_or("allowed", |reason| reason.as_str_name()),
        };
        self.0.get_or_create(&labels).inc();
    }
}

/// Changes of memberships, and people of whom conditions can't be decided.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memberships {
    changes: Family<SegmentLabels, Counter>,
    undecided: Family<UndecidedLabels, Counter>,
    unreadable: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SegmentLabels {
    segment: String,
    change: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UndecidedLabels {
    segment: String,
}

impl Memberships {
    pub(crate) fn register(registry: &Registry) -> Self {
        let metrics = Self::default();
        let help = "Customers who entered and left segments";
        registry.register("profile_segment_changes", help, metrics.changes.clone());
        let help = "Decisions on customers of whom a segment's condition can't be decided";
        registry.register("profile_segment_undecided", help, metrics.undecided.clone());
        let help = "Customers who can't be decided on because a row of theirs can't be read";
        registry.register(
            "profile_segment_unreadable",
            help,
            metrics.unreadable.clone(),
        );
        metrics
    }

    /// Counts decisions. There are at most 200 segments.
    pub(crate) fn count(&self, decided: &[(CustomerId, Decision)]) {
        for (_, decision) in decided {
            for (segments, change) in [(&decision.entered, "entered"), (&decision.left, "left")] {
                for segment in segments {
                    let segment = segment.0.clone();
                    let labels = SegmentLabels { segment, change };
                    self.changes.get_or_create(&labels).inc();
                }
            }
            for (segment, _) in &decision.undecided {
                let segment = segment.0.clone();
                let labels = UndecidedLabels { segment };
                self.undecided.get_or_create(&labels).inc();
            }
        }
    }

    /// Counts somebody who is set aside.
    pub(crate) fn count_unreadable(&self) {
        self.unreadable.inc();
    }
}
