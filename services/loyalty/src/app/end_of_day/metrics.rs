use chassis::metrics::Registry;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::domain::end_of_day::Step;

/// How far the ends of days are. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndOfDayMetrics {
    done: Family<StepLabel, Counter>,
    failed: Family<StepLabel, Counter>,
    behind: Family<ProgramLabel, Gauge>,
    stuck: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabel {
    step: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProgramLabel {
    program: String,
}

impl EndOfDayMetrics {
    /// As metrics of the role.
    pub(crate) fn registered(registry: &Registry) -> Self {
        let metrics = Self::default();
        let help = "Holders of points that a step of the end of a day was done for";
        registry.register("loyalty_end_of_day_holders", help, metrics.done.clone());
        let help = "Failures of steps of the end of a day; each is tried again a few times";
        registry.register("loyalty_end_of_day_failures", help, metrics.failed.clone());
        let help = "Days of a program that are over and not done";
        registry.register(
            "loyalty_end_of_day_behind_days",
            help,
            metrics.behind.clone(),
        );
        let help = "Steps that failed too often and are left to an operator";
        registry.register("loyalty_end_of_day_stuck", help, metrics.stuck.clone());
        metrics
    }

    pub(super) fn done(&self, step: Step, holders: usize) {
        let label = StepLabel { step: step.name() };
        self.done
            .get_or_create(&label)
            .inc_by(u64::try_from(holders).unwrap_or(u64::MAX));
    }

    pub(super) fn failed(&self, step: Step) {
        self.failed
            .get_or_create(&StepLabel { step: step.name() })
            .inc();
    }

    pub(super) fn behind(&self, program: &str, days: i32) {
        let label = ProgramLabel {
            program: program.to_owned(),
        };
        self.behind.get_or_create(&label).set(i64::from(days));
    }

    pub(super) fn stuck(&self, steps: i64) {
        self.stuck.set(steps);
    }
}
