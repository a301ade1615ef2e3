//! What this service counts.

use chassis::metrics::Registry;
use contract::patron::profile::v1::{ContactDecision, ContactObstacle};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::app::intake::Recorded;
use crate::domain::book::Outcome;

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
