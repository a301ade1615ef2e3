//! The match policy: reading it, and putting another one in force.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;
use tonic::{Response, Status};

use super::RuleError;
use crate::app::App;
use crate::domain::identity::match_policy::MatchPolicy;
use crate::store::matches::candidates;
use crate::store::policies::{self, Kind, StoredPolicy};
use crate::wire::matches::{decode_policy, encode_policy};

const UPDATE: &str = "patron.profile.v1.MatchService/UpdateMatchPolicy";

/// A policy and its version.
#[derive(Clone, Copy, Debug)]
pub(super) struct InForce {
    pub(super) policy: MatchPolicy,
    /// 0: the one that Patron begins with.
    pub(super) version: i64,
    since: Option<Timestamp>,
}

impl InForce {
    /// Reads the policy in force.
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self, RuleError> {
        let Some(stored) = policies::current(connection, Kind::Match).await? else {
            return Ok(Self {
                policy: MatchPolicy::initial(),
                version: 0,
                since: None,
            });
        };
        let version = stored.version;
        let document = proto::MatchPolicy::decode(stored.document.as_slice());
        let document =
            document.map_err(|source| RuleError::PolicyUnreadable { version, source })?;
        Ok(Self {
            policy: decode_policy(&document),
            version,
            since: Some(stored.create_time),
        })
    }

    fn encode(&self) -> proto::MatchPolicy {
        encode_policy(&self.policy, self.version, self.since)
    }

    fn check_etag(&self, etag: &str) -> Result<(), RuleError> {
        if etag.is_empty() || etag == self.version.to_string() {
            Ok(())
        } else {
            Err(RuleError::PolicyChanged)
        }
    }
}

impl App {
    /// The match policy in force.
    pub(crate) async fn match_policy(
        &self,
        deadline: Deadline,
    ) -> Result<proto::MatchPolicy, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        Ok(InForce::read(&mut tx).await?.encode())
    }

    /// Puts another policy in force, once per `request_id`.
    pub(crate) async fn update_match_policy(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UpdateMatchPolicyRequest,
        policy: MatchPolicy,
    ) -> Result<Response<proto::MatchPolicy>, Status> {
        let etag = request.policy.as_ref().map_or("", |policy| &policy.etag);
        if request.validate_only {
            let mut tx = self.begin(deadline).await?;
            let before = replaceable(&mut tx, etag, &policy).await;
            let before = before.map_err(Refusal::from)?;
            let answer = encode_policy(&policy, before.version, before.since);
            return Ok(Response::new(answer));
        }
        let key = Key::new(caller, UPDATE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self
                    .replace_match_policy(claimed.transaction(), caller, etag, policy)
                    .await;
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }

    async fn replace_match_policy(
        &self,
        connection: &mut PgConnection,
        caller: &str,
        etag: &str,
        policy: MatchPolicy,
    ) -> Result<proto::MatchPolicy, RuleError> {
        let before = replaceable(connection, etag, &policy).await?;
        let version = before.version.saturating_add(1);
        let since = self.now();
        let stored = StoredPolicy {
            version,
            document: encode_policy(&policy, version, None).encode_to_vec(),
            create_time: since,
        };
        // Of two at once the second finds the version made.
        if !policies::insert(connection, Kind::Match, &stored, caller).await? {
            return Err(RuleError::PolicyChanged);
        }
        Ok(encode_policy(&policy, version, Some(since)))
    }
}

/// The policy in force, when this one may take its place.
async fn replaceable(
    connection: &mut PgConnection,
    etag: &str,
    policy: &MatchPolicy,
) -> Result<InForce, RuleError> {
    let before = InForce::read(connection).await?;
    before.check_etag(etag)?;
    let totals = candidates::totals(connection, policy).await?;
    policy.check_breadth(totals)?;
    Ok(before)
}
