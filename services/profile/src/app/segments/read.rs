//! Reading segments and memberships.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use uuid::Uuid;

use super::SegmentError;
use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::ids::CustomerId;
use crate::domain::segment::definition::{Segment, SegmentId, Version};
use crate::refusals;
use crate::store::homes::homes_of;
use crate::store::segments::members::{self, Membership};
use crate::store::segments::{definitions, evaluations, sizes, sweeps};

/// As many of those who are due are counted: in some milliseconds.
const MOST_DUE: i64 = 10_000;

impl App {
    /// A segment.
    pub(crate) async fn segment(
        &self,
        deadline: Deadline,
        id: &SegmentId,
    ) -> Result<Segment, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let segment = definitions::get(&mut tx, id).await?;
        Ok(segment.ok_or(SegmentError::NotFound)?)
    }

    /// Segments after one, in the order of their ids.
    pub(crate) async fn segments(
        &self,
        deadline: Deadline,
        (after, with_archived): (&str, bool),
        size: u16,
    ) -> Result<Page<Segment>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let scope = (after, with_archived);
        let found = definitions::list(&mut tx, scope, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// The versions of a segment before one, the latest first.
    pub(crate) async fn segment_versions(
        &self,
        deadline: Deadline,
        (id, before): (&SegmentId, i64),
        size: u16,
    ) -> Result<Page<Version>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let found = definitions::versions(&mut tx, id, before, with_one_more(size)).await?;
        if found.is_empty() && definitions::get(&mut tx, id).await?.is_none() {
            return Err(SegmentError::NotFound.into());
        }
        Ok(Page::cut(found, size))
    }

    /// How many members a segment has: what is kept, or counted one by one.
    pub(crate) async fn segment_size(
        &self,
        deadline: Deadline,
        (id, exact): (&SegmentId, bool),
    ) -> Result<proto::SegmentSize, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let known = definitions::get(&mut tx, id).await?;
        known.ok_or(SegmentError::NotFound)?;
        let size = if exact {
            sizes::counted(&mut tx, id).await?
        } else {
            sizes::kept(&mut tx, id).await?
        };
        let due = evaluations::count_due(&mut tx, self.now(), MOST_DUE + 1).await?;
        let due = due + sweeps::count_left(&mut tx, id, MOST_DUE + 1 - due).await?;
        Ok(proto::SegmentSize {
            segment_id: id.0.clone(),
            size,
            due_count: due.min(MOST_DUE),
            due_count_exceeded: due > MOST_DUE,
        })
    }

    /// The members of a segment after one, in the order of their ids.
    pub(crate) async fn segment_members(
        &self,
        deadline: Deadline,
        (id, after): (&SegmentId, Uuid),
        size: u16,
    ) -> Result<Page<Membership>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let found = members::of_segment(&mut tx, id, after, with_one_more(size)).await?;
        if found.is_empty() && definitions::get(&mut tx, id).await?.is_none() {
            return Err(SegmentError::NotFound.into());
        }
        Ok(Page::cut(found, size))
    }

    /// What a customer belongs to after one, in the order of the segments' ids.
    pub(crate) async fn customer_segments(
        &self,
        deadline: Deadline,
        (customer, after): (CustomerId, &str),
        size: u16,
    ) -> Result<Page<Membership>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let profile = homes.ok_or_else(refusals::customer_not_found)?.profile;
        let found = members::of_customer(&mut tx, profile, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }
}
