//! Customer health: by which policy, and how well things stand with one customer.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use prost::Message as _;
use sqlx::PgConnection;
use tonic::{Response, Status};

use super::App;
use super::segments::{self, SegmentError};
use crate::domain::health::policy::Policy;
use crate::domain::ids::CustomerId;
use crate::domain::segment::condition::Reach;
use crate::domain::segment::definition::SegmentId;
use crate::refusals;
use crate::store::health::standings;
use crate::store::policies::{self, Kind, StoredPolicy};
use crate::store::privacy::restrictions;
use crate::store::segments::{facts, sweeps};
use crate::store::{StoreError, customers};
use crate::wire::health as wire;

const UPDATE: &str = "patron.profile.v1.HealthService/UpdateHealthPolicy";

/// What sweeps call the health policy. No segment can have such an id.
const SWEEP: &str = "*health";

/// The policy in force, with its version.
#[derive(Clone, Debug, Default)]
pub(super) struct InForce {
    version: i64,
    policy: Option<Policy>,
}

impl InForce {
    /// The policy in force; `None`: nobody has an index.
    pub(super) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// How far back it looks at single orders.
    pub(super) fn reach(&self) -> Reach {
        self.policy().map(Policy::reach).unwrap_or_default()
    }

    /// Reads it again if there is another one. One that can't be read any more gives nobody an index.
    pub(super) async fn refresh(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), SegmentError> {
        let Some(stored) = policies::current(connection, Kind::Health).await? else {
            return Ok(());
        };
        if stored.version != self.version {
            self.policy = readable(&stored);
            self.version = stored.version;
        }
        Ok(())
    }
}

fn readable(stored: &StoredPolicy) -> Option<Policy> {
    let sent = proto::HealthPolicy::decode(stored.document.as_slice()).ok();
    let policy = sent.and_then(|sent| wire::decode(&sent).ok());
    if policy.is_none() {
        let version = stored.version;
        tracing::error!(
            version,
            "nobody has a health index: the policy is none any more"
        );
    }
    policy
}

impl App {
    /// The health policy in force, or the proposal.
    pub(crate) async fn health_policy(
        &self,
        deadline: Deadline,
    ) -> Result<proto::HealthPolicy, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let stored = policies::current(&mut tx, Kind::Health).await?;
        let known = stored.and_then(|it| Some((readable(&it)?, it)));
        Ok(match known {
            Some((policy, it)) => wire::encode(&policy, it.version, Some(it.create_time)),
            None => wire::proposal(),
        })
    }

    /// Puts another health policy in force, once per `request_id`.
    pub(crate) async fn update_health_policy(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UpdateHealthPolicyRequest,
        policy: &Policy,
    ) -> Result<Response<proto::HealthPolicy>, Status> {
        let etag = request.policy.as_ref().map_or("", |policy| &policy.etag);
        if request.validate_only {
            // Does all of it and takes it back.
            let mut tx = self.begin(deadline).await?;
            let policy = self.judge_by(&mut tx, (caller, etag), policy).await;
            return Ok(Response::new(policy.map_err(Refusal::from)?));
        }
        let key = Key::new(caller, UPDATE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let db = claimed.transaction();
                let outcome = self.judge_by(db, (caller, etag), policy).await;
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }

    /// The same within a transaction.
    pub(crate) async fn judge_by(
        &self,
        connection: &mut PgConnection,
        (caller, etag): (&str, &str),
        policy: &Policy,
    ) -> Result<proto::HealthPolicy, SegmentError> {
        let document = |version| wire::encode(policy, version, None).encode_to_vec();
        let stored = self.put_policy(connection, Kind::Health, (caller, etag), document);
        let (version, since) = stored.await?.ok_or(SegmentError::Changed)?;
        sweeps::begin(connection, &SegmentId(SWEEP.to_owned()), false).await?;
        Ok(wire::encode(policy, version, Some(since)))
    }

    /// How well things stand with a customer, decided anew, part by part.
    pub(crate) async fn customer_health(
        &self,
        deadline: Deadline,
        customer: CustomerId,
    ) -> Result<proto::CustomerHealth, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let person = customers::get(&mut tx, &self.keyring, customer).await?;
        let person = person.ok_or_else(refusals::customer_not_found)?;
        let profile = person.id;
        let mut in_force = InForce::default();
        in_force.refresh(&mut tx).await?;
        let restricted = restrictions::is_any(&mut tx, &person.homes().ids()).await?;
        let Some(policy) = in_force.policy().filter(|_| !restricted) else {
            return Ok(wire::unknown(profile));
        };
        let now = self.now();
        let mut scope = segments::scope(&mut tx, policy.reach(), now).await?;
        scope.health = facts::Health::Heard(policy.since(now));
        let mut facts = facts::of(&mut tx, &self.keyring, vec![person], &scope).await?;
        let facts = facts.remove(&profile).ok_or(StoreError::Regrouped)?;
        let health = policy.judge(&facts, now);
        let kept = standings::of(&mut tx, &[profile.0]).await?;
        let version = in_force.version;
        Ok(wire::health(
            profile,
            (&health, kept.first()),
            (version, now),
        ))
    }
}
