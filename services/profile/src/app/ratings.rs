//! Where customers stand: by which policy, and how they got there.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;
use tonic::{Response, Status};
use uuid::Uuid;

use super::App;
use super::browse::{Page, with_one_more};
use super::segments::{Author, SegmentError, words};
use crate::domain::ids::CustomerId;
use crate::domain::rating::{Document, Policy};
use crate::domain::segment::definition::SegmentId;
use crate::domain::segment::vocabulary::Vocabulary;
use crate::refusals;
use crate::store::homes::homes_of;
use crate::store::policies::{self, Kind, StoredPolicy};
use crate::store::ratings::{self, StageChange};
use crate::store::segments::sweeps;
use crate::wire::ratings as wire;

const UPDATE: &str = "patron.profile.v1.LifecycleService/UpdateRatingPolicy";

/// What sweeps call the rating policy. No segment can have such an id.
const SWEEP: &str = "*ratings";

/// The policy in force, compiled, with its version.
#[derive(Clone, Debug, Default)]
pub(super) struct InForce {
    version: i64,
    policy: Option<Policy>,
}

impl InForce {
    /// The policy in force; `None`: nobody is rated.
    pub(super) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Reads it again if there is another one. One that can't be read any more rates nobody.
    pub(super) async fn refresh(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), SegmentError> {
        let Some(stored) = policies::current(connection, Kind::Rating).await? else {
            return Ok(());
        };
        if stored.version != self.version {
            self.policy = readable(&stored, &words(connection).await?);
            self.version = stored.version;
        }
        Ok(())
    }
}

fn readable(stored: &StoredPolicy, over: &Vocabulary) -> Option<Policy> {
    let document = document(stored)?;
    let policy = document.compile(over);
    let told = |wrong: &crate::domain::rating::Wrong| {
        let (field, error) = (&wrong.field, &wrong.source);
        tracing::error!(field, %error, "nobody is rated: a condition of the policy is none any more");
    };
    policy.inspect_err(told).ok()
}

fn document(stored: &StoredPolicy) -> Option<Document> {
    let sent = proto::RatingPolicy::decode(stored.document.as_slice()).ok()?;
    wire::decode(&sent).ok()
}

impl App {
    /// The rating policy in force, or the proposal.
    pub(crate) async fn rating_policy(
        &self,
        deadline: Deadline,
    ) -> Result<proto::RatingPolicy, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let stored = policies::current(&mut tx, Kind::Rating).await?;
        let known = stored.and_then(|it| Some((document(&it)?, it)));
        Ok(match known {
            Some((document, it)) => wire::encode(document, it.version, Some(it.create_time)),
            None => wire::encode(Document::proposed(), 0, None),
        })
    }

    /// Puts another rating policy in force, once per `request_id`.
    pub(crate) async fn update_rating_policy(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UpdateRatingPolicyRequest,
        document: Document,
    ) -> Result<Response<proto::RatingPolicy>, Status> {
        let etag = request.policy.as_ref().map_or("", |policy| &policy.etag);
        if request.validate_only {
            // Does all of it and takes it back.
            let mut tx = self.begin(deadline).await?;
            let policy = self.rate_by(&mut tx, (caller, etag), document).await;
            return Ok(Response::new(policy.map_err(Refusal::from)?));
        }
        let key = Key::new(caller, UPDATE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let db = claimed.transaction();
                let outcome = self.rate_by(db, (caller, etag), document).await;
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }

    /// The same within a transaction.
    pub(crate) async fn rate_by(
        &self,
        connection: &mut PgConnection,
        (caller, etag): (&str, &str),
        document: Document,
    ) -> Result<proto::RatingPolicy, SegmentError> {
        let author = Author::of_segments(connection).await?;
        let policy = document.compile(author.words());
        let policy = policy.map_err(|wrong| SegmentError::Condition {
            field: format!("policy.{}", wrong.field),
            source: wrong.source,
        })?;
        author.check("policy", policy.conditions())?;
        let encoded = |version| wire::encode(document.clone(), version, None).encode_to_vec();
        let stored = self.put_policy(connection, Kind::Rating, (caller, etag), encoded);
        let (version, since) = stored.await?.ok_or(SegmentError::Changed)?;
        sweeps::begin(connection, &SegmentId(SWEEP.to_owned()), false).await?;
        Ok(wire::encode(document, version, Some(since)))
    }

    /// Where a customer stands.
    pub(crate) async fn rating(
        &self,
        deadline: Deadline,
        customer: CustomerId,
    ) -> Result<proto::CustomerRating, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let profile = homes.ok_or_else(refusals::customer_not_found)?.profile;
        let standing = ratings::of(&mut tx, &[profile.0]).await?;
        Ok(wire::rating(profile, standing.first()))
    }

    /// The stages that a customer went through, the latest first.
    pub(crate) async fn stage_changes(
        &self,
        deadline: Deadline,
        (customer, before): (CustomerId, Uuid),
        size: u16,
    ) -> Result<Page<StageChange>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let profile = homes.ok_or_else(refusals::customer_not_found)?.profile;
        let found = ratings::changes(&mut tx, profile, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// What became of those who entered stages within a time.
    pub(crate) async fn funnel(
        &self,
        deadline: Deadline,
        within: (Timestamp, Timestamp),
    ) -> Result<proto::Funnel, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let flows = ratings::flows(&mut tx, within).await?;
        Ok(wire::funnel(&flows))
    }
}
