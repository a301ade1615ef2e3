//! What loyalty does because time passes. Each task runs in every replica; what must be done once is
//! leased, claimed or keyed in the database.

use std::sync::Arc;

use chassis::Service;
use prometheus_client::metrics::gauge::Gauge;

use crate::app::end_of_day::{self, EndOfDayMetrics};
use crate::app::packages::Profiles;
use crate::app::runs::{Runs, Worker};
use crate::app::verify::Verifications;
use crate::app::{
    Loyalty, adjustments, coupons, growth, households, membership, packages, programs, rating,
    rewards,
};

/// What the jobs work with.
pub(crate) struct Parts {
    /// The use cases.
    pub(crate) loyalty: Loyalty,
    /// Reports and simulations that are to be made.
    pub(crate) runs: Runs,
    /// Verifications.
    pub(crate) verifications: Verifications,
    /// Birthdays and zones of customers.
    pub(crate) profiles: Arc<dyn Profiles>,
}

/// Adds every job of the role.
pub(crate) fn begin(service: Service, parts: Parts) -> Service {
    let Parts {
        loyalty,
        runs,
        verifications,
        profiles,
    } = parts;
    let service = end_days(service, &loyalty);
    let service = celebrate(service, &loyalty, profiles);
    let service = rate_again(service, &loyalty);
    let service = keep_accounts(service, &loyalty);
    let (growing, announcing) = (loyalty.clone(), loyalty.clone());
    let (issuing, lapsing) = (loyalty.clone(), loyalty.clone());
    let worker = Worker { loyalty, runs };
    service
        .task("programs", move |stop| {
            programs::announce(announcing.clone(), stop)
        })
        .task("growth", move |stop| growth::run(growing.clone(), stop))
        .task("coupon-batches", move |stop| {
            coupons::issue_batches(issuing.clone(), stop)
        })
        .task("reward-orders", move |stop| {
            rewards::lapse(lapsing.clone(), stop)
        })
        .task("runs", move |stop| worker.clone().run(stop))
        .task("verifications", move |stop| verifications.clone().run(stop))
}

/// The end of each local day, and what is due at instants within it.
fn end_days(service: Service, loyalty: &Loyalty) -> Service {
    let metrics = EndOfDayMetrics::registered(service.metrics());
    let (ending, sweeping) = (loyalty.clone(), loyalty.clone());
    service
        .task("end-of-day", move |stop| {
            end_of_day::keep_ending_days(ending.clone(), metrics.clone(), stop)
        })
        .task("holds-and-pending", move |stop| {
            end_of_day::keep_sweeping(sweeping.clone(), stop)
        })
}

/// What can't be rated, until it can.
fn rate_again(service: Service, loyalty: &Loyalty) -> Service {
    let help = "purchases and acts that can't be rated, and wait for another version or a retry";
    service
        .metrics()
        .register("loyalty_parked_ratings", help, loyalty.parked.clone());
    let trying = loyalty.clone();
    service.task("parked-ratings", move |stop| {
        rating::keep_trying(trying.clone(), stop)
    })
}

/// Corrections that nobody decides on, what follows those who have left a household, and memberships
/// that do not follow their profiles.
fn keep_accounts(service: Service, loyalty: &Loyalty) -> Service {
    let (lapsing, paying, following) = (loyalty.clone(), loyalty.clone(), loyalty.clone());
    let apart = Gauge::default();
    let help = "memberships that are not merged or parted as the profile service says";
    service
        .metrics()
        .register("loyalty_memberships_apart", help, apart.clone());
    service
        .task("memberships", move |stop| {
            membership::keep_following(following.clone(), apart.clone(), stop)
        })
        .task("adjustments", move |stop| {
            adjustments::lapse(lapsing.clone(), stop)
        })
        .task("households", move |stop| {
            households::pay_out(paying.clone(), stop)
        })
}

/// Birthdays and anniversaries.
fn celebrate(service: Service, loyalty: &Loyalty, profiles: Arc<dyn Profiles>) -> Service {
    let (asking, celebrating) = (loyalty.clone(), loyalty.clone());
    service
        .task("birthdays-asked", move |stop| {
            packages::keep_asking(asking.clone(), Arc::clone(&profiles), stop)
        })
        .task("birthdays", move |stop| {
            packages::keep_celebrating(celebrating.clone(), stop)
        })
}
