//! What this service counts.

use chassis::metrics::Registry;
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
        let help = "Orders and returns that were taken in, by what became of them";
        registry.register("profile_activities", help, intake.0.clone());
        intake
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
