//! Why a customer belongs to a segment or not.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;

use super::SegmentError;
use crate::app::App;
use crate::domain::ids::CustomerId;
use crate::domain::segment::definition::SegmentId;
use crate::store::segments::{definitions, facts, members};
use crate::store::{StoreError, customers};
use crate::wire::segments::{Explained, explanation};

impl App {
    /// Decides anew and tells what led to it.
    pub(crate) async fn explain_membership(
        &self,
        deadline: Deadline,
        (customer, id): (CustomerId, SegmentId),
    ) -> Result<proto::MembershipExplanation, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let person = customers::get(&mut tx, &self.keyring, customer).await?;
        let person = person.ok_or(SegmentError::CustomerNotFound)?;
        let segment = definitions::get(&mut tx, &id).await?;
        let segment = segment.ok_or(SegmentError::NotFound)?;
        if segment.archived {
            return Err(SegmentError::Archived.into());
        }
        let words = super::words(&mut tx).await?;
        let condition = super::compile("segment_id", &segment.definition.condition, &words)?;
        let profile = person.id;
        let memberships = members::of(&mut tx, &[profile.0]).await?;
        let membership = memberships.into_iter().find(|it| it.segment == id);
        let now = self.now();
        let scope = super::scope(&mut tx, condition.reach(), now).await?;
        let mut facts = facts::of(&mut tx, &self.keyring, vec![person], &scope).await?;
        let facts = facts.remove(&profile).ok_or(StoreError::Regrouped)?;
        Ok(explanation(Explained {
            customer: profile,
            segment: &segment,
            since: membership.map(|it| it.since),
            verdict: condition.evaluate(&facts, now),
            parts: condition.explain(&facts, now),
            now,
        }))
    }
}
