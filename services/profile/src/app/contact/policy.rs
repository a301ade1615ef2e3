//! The contact policy: reading it, and putting another one in force.

use calendar::Zone;
use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;
use tonic::{Response, Status};

use super::ContactError;
use super::error::Unreadable;
use crate::app::App;
use crate::domain::contact::policy::Policy;
use crate::domain::zone;
use crate::store::contact::Person;
use crate::store::policies::{self, Kind, StoredPolicy};
use crate::store::segments::sweeps;
use crate::wire::contact::policy::{decode, encode};

const UPDATE: &str = "patron.profile.v1.ContactService/UpdateContactPolicy";

/// Where days are counted until a company says where.
const INITIAL_ZONE: &str = "UTC";

/// A policy and its version.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    pub(super) policy: Policy,
    /// 0: the one that Patron begins with.
    version: i64,
    since: Option<Timestamp>,
}

impl InForce {
    /// Reads the policy in force.
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self, ContactError> {
        let Some(stored) = policies::current(connection, Kind::Contact).await? else {
            return Ok(Self {
                policy: Policy::initial(Zone::parse(INITIAL_ZONE)?),
                version: 0,
                since: None,
            });
        };
        let version = stored.version;
        let policy = read(&stored.document);
        Ok(Self {
            policy: policy.map_err(|source| ContactError::PolicyUnreadable { version, source })?,
            version,
            since: Some(stored.create_time),
        })
    }

    /// Where a person lives.
    pub(super) fn zone_of(&self, person: &Person) -> Zone {
        zone::of(&person.time_zone).unwrap_or_else(|| self.policy.default_zone.clone())
    }

    fn encode(&self) -> proto::ContactPolicy {
        encode(&self.policy, self.version, self.since)
    }

    fn check_etag(&self, etag: &str) -> Result<(), ContactError> {
        if etag.is_empty() || etag == self.version.to_string() {
            Ok(())
        } else {
            Err(ContactError::PolicyChanged)
        }
    }
}

fn read(document: &[u8]) -> Result<Policy, Unreadable> {
    Ok(decode(proto::ContactPolicy::decode(document)?)?)
}

impl App {
    /// The contact policy in force.
    pub(crate) async fn contact_policy(
        &self,
        deadline: Deadline,
    ) -> Result<proto::ContactPolicy, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        Ok(InForce::read(&mut tx).await?.encode())
    }

    /// Puts another policy in force, once per `request_id`.
    pub(crate) async fn update_contact_policy(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UpdateContactPolicyRequest,
        policy: Policy,
    ) -> Result<Response<proto::ContactPolicy>, Status> {
        let etag = request.policy.as_ref().map_or("", |policy| &policy.etag);
        if request.validate_only {
            let mut tx = self.begin(deadline).await?;
            let before = InForce::read(&mut tx).await.map_err(Refusal::from)?;
            before.check_etag(etag).map_err(Refusal::from)?;
            return Ok(Response::new(encode(&policy, before.version, before.since)));
        }
        let key = Key::new(caller, UPDATE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self
                    .replace(claimed.transaction(), caller, etag, policy)
                    .await;
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }

    async fn replace(
        &self,
        connection: &mut PgConnection,
        caller: &str,
        etag: &str,
        policy: Policy,
    ) -> Result<proto::ContactPolicy, ContactError> {
        let before = InForce::read(connection).await?;
        before.check_etag(etag)?;
        let version = before.version.saturating_add(1);
        let since = self.now();
        let stored = StoredPolicy {
            version,
            document: encode(&policy, version, None).encode_to_vec(),
            create_time: since,
        };
        // Of two at once the second finds the version made.
        if !policies::insert(connection, Kind::Contact, &stored, caller).await? {
            return Err(ContactError::PolicyChanged);
        }
        if policy.default_zone != before.policy.default_zone {
            // The days of those whose zone is not known are others now.
            sweeps::begin_all(connection).await?;
        }
        Ok(encode(&policy, version, Some(since)))
    }
}

/// Where the days of people are counted whose zone is not known.
pub(crate) async fn default_zone(connection: &mut PgConnection) -> Result<Zone, ContactError> {
    Ok(InForce::read(connection).await?.policy.default_zone)
}
