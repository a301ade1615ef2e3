//! Which segments two people would come into, and which they would leave, if they were one.

use std::collections::{BTreeMap, BTreeSet};

use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::SegmentError;
use super::keep::readable;
use crate::app::health;
use crate::domain::customer::Customer;
use crate::domain::health::policy::Policy;
use crate::domain::ids::CustomerId;
use crate::domain::segment::definition::SegmentId;
use crate::domain::segment::facts::Facts;
use crate::domain::segment::membership::Segments;
use crate::store::privacy::restrictions;
use crate::store::segments::facts::{self, Scope};
use crate::store::segments::{definitions, members};

/// Somebody comes into a segment or leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) customer: CustomerId,
    pub(crate) segment: SegmentId,
    pub(crate) enters: bool,
}

/// The segments in use, and by what they would be decided on.
#[derive(Debug)]
pub(in crate::app) struct Foresight {
    segments: Segments,
    health: health::InForce,
    scope: Scope,
}

impl Foresight {
    pub(in crate::app) async fn read(
        connection: &mut PgConnection,
        now: jiff::Timestamp,
    ) -> Result<Self, SegmentError> {
        let mut health = health::InForce::default();
        health.refresh(connection).await?;
        let segments = in_use(connection).await?;
        let reach = segments.reach().max(health.reach());
        let mut scope = super::scope(connection, reach, now).await?;
        let since = health.policy().map(|it| it.since(now));
        scope.health = since.map_or(facts::Health::Nothing, facts::Health::Heard);
        Ok(Self {
            segments,
            health,
            scope,
        })
    }

    /// What would become of these customers as one person. Tags that rules would give or take then are not foreseen.
    pub(in crate::app) async fn moves(
        &self,
        connection: &mut PgConnection,
        keyring: &Keyring,
        (joint, people): (Customer, [CustomerId; 2]),
    ) -> Result<Vec<Move>, SegmentError> {
        if self.segments.is_empty() {
            return Ok(Vec::new());
        }
        let facts = self.facts(connection, keyring, joint).await?;
        let ids = people.map(|id| id.0);
        let mut before: BTreeMap<CustomerId, BTreeSet<SegmentId>> = BTreeMap::new();
        for membership in members::of(connection, &ids).await? {
            let of_customer = before.entry(membership.customer).or_default();
            of_customer.insert(membership.segment);
        }
        let mut moves = Vec::new();
        for customer in people {
            let before = before.remove(&customer).unwrap_or_default();
            let decision = self
                .segments
                .decide(&before, facts.as_ref(), self.scope.now);
            let entered = decision.entered.into_iter().map(|segment| (segment, true));
            let left = decision.left.into_iter().map(|segment| (segment, false));
            moves.extend(entered.chain(left).map(|(segment, enters)| Move {
                customer,
                segment,
                enters,
            }));
        }
        Ok(moves)
    }

    /// Nothing is known of whom nothing may be done with.
    async fn facts(
        &self,
        connection: &mut PgConnection,
        keyring: &Keyring,
        joint: Customer,
    ) -> Result<Option<Facts>, SegmentError> {
        let homes: Vec<Uuid> = joint.homes().ids();
        if restrictions::is_any(connection, &homes).await? {
            return Ok(None);
        }
        let known = facts::of(connection, keyring, vec![joint], &self.scope).await?;
        let judge = |facts: &mut Facts, policy: &Policy| {
            let health = policy.judge(facts, self.scope.now);
            (facts.health, facts.health_until) = (health.score, health.next);
        };
        Ok(known.into_values().next().map(|mut facts| {
            if let Some(policy) = self.health.policy() {
                judge(&mut facts, policy);
            }
            facts
        }))
    }
}

async fn in_use(connection: &mut PgConnection) -> Result<Segments, SegmentError> {
    let mut segments = Segments::default();
    let words = super::words(connection).await?;
    for (id, _, source) in definitions::in_use(connection).await? {
        match readable(&id, &source, &words) {
            Some(condition) => segments.conditions.push((id, condition)),
            None => drop(segments.unreadable.insert(id)),
        }
    }
    Ok(segments)
}
