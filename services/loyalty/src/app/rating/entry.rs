use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::cause::Cause;
use crate::domain::happened::SaleFigures;
use crate::domain::program::Program;
use crate::domain::rating::{Done, MemberThen, Moment, Rating, Source};
use crate::domain::sales::{Earnings, Fault, Sale};

/// A purchase or an act whose facts have changed.
#[derive(Clone, Debug)]
pub(super) struct Changed<'a> {
    pub(super) customer_id: Uuid,
    pub(super) done: Done,
    /// The purchase as it is now, and as it was.
    pub(super) sale: Option<Sale>,
    pub(super) before: Option<Sale>,
    pub(super) cause: Cause,
    pub(super) trace: &'a str,
}

/// A purchase or an act that is rated.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) moment: Moment,
    pub(crate) done: Done,
    pub(super) sale: Option<Sale>,
    pub(crate) program: Arc<Program>,
    pub(crate) earnings: Earnings,
    /// The member as it was then.
    pub(crate) member: MemberThen,
    /// What it was known as until now.
    pub(super) before: Before,
    pub(super) outcome: Outcome,
    pub(crate) cause: Cause,
    pub(crate) trace: &'a str,
}

/// What something was known as.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) earnings: Option<Earnings>,
    pub(super) figures: SaleFigures,
}

/// What has come of it.
#[derive(Debug)]
pub(super) enum Outcome {
    NotRated,
    Rated(Rating),
    Parked(Fault),
}

/// What is rated, member by member, in the order in which it happened.
#[derive(Debug, Default)]
pub(super) struct Runs<'a> {
    pub(super) members: BTreeMap<Uuid, Vec<Entry<'a>>>,
    /// Where the rest of a member begins whose run is too long.
    pub(super) rest: Vec<(Uuid, Moment)>,
}

impl<'a> Runs<'a> {
    pub(super) fn entries(&self) -> impl Iterator<Item = (Uuid, &Entry<'a>)> {
        let members = self.members.iter();
        members.flat_map(|(customer_id, run)| run.iter().map(|entry| (*customer_id, entry)))
    }
}

impl Entry<'_> {
    /// The order, or the act.
    pub(crate) fn reference(&self) -> &str {
        match &self.moment.source {
            Source::Order(order_id) => order_id,
            Source::Act(_, activity_id) => activity_id,
        }
    }

    /// Whether it was not known before.
    pub(super) fn is_new(&self) -> bool {
        self.cause == Cause::New
    }

    /// What it is known as now.
    pub(super) fn figures(&self) -> SaleFigures {
        let main = self.program.document.main_wallet.wallet_id;
        let points = self.earnings.points_of(main).get();
        self.sale
            .as_ref()
            .map_or(SaleFigures::NONE, |sale| sale.figures(points))
    }
}
