//! Tags by hand.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use prost::{Message, Name};
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::browse::{Page, with_one_more};
use super::{App, announce};
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::tag::{self, Change, Kind};
use crate::store::homes::homes_of;
use crate::store::segments::evaluations;
use crate::store::{contact, tags};
use crate::{refusals, wire};

const ADD: &str = "patron.profile.v1.TagService/AddTag";
const REMOVE: &str = "patron.profile.v1.TagService/RemoveTag";

/// What is asked to happen to a tag.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) customer: CustomerId,
    pub(crate) tag: String,
    pub(crate) kind: Kind,
    pub(crate) reason: String,
    pub(crate) source: String,
    pub(crate) actor: String,
}

/// A request to change a tag.
pub(crate) trait Request: Message + Name {
    /// The method's full name.
    const METHOD: &'static str;
    /// The key that the caller made.
    fn request_id(&self) -> &str;
}

impl Request for proto::AddTagRequest {
    const METHOD: &'static str = ADD;
    fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl Request for proto::RemoveTagRequest {
    const METHOD: &'static str = REMOVE;
    fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl App {
    /// The tags that a customer has.
    pub(crate) async fn tags(
        &self,
        deadline: Deadline,
        customer: CustomerId,
    ) -> Result<proto::CustomerTags, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::customer_not_found)?;
        let said = tags::latest(&mut tx, &self.keyring, &homes.ids()).await?;
        let latest = tag::latest(said, |id| homes.has(id));
        Ok(wire::tags::standing(homes.profile, &latest, self.now()))
    }

    /// What happened to the tags of a customer, the latest first.
    pub(crate) async fn tag_changes(
        &self,
        deadline: Deadline,
        customer: CustomerId,
        before: Uuid,
        size: u16,
    ) -> Result<Page<Change>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::customer_not_found)?.ids();
        let found = tags::list(&mut tx, &self.keyring, &homes, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// Puts a tag on a customer or takes it off, once per `request_id`.
    pub(crate) async fn change_tag<R: Request>(
        &self,
        deadline: Deadline,
        request: &R,
        asked: Asked,
    ) -> Result<Response<proto::CustomerTags>, Status> {
        let key = Key::new(&asked.actor, R::METHOD, request.request_id())?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.change(claimed.transaction(), asked).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// The same within a transaction.
    pub(crate) async fn change(
        &self,
        db: &mut PgTransaction<'_>,
        asked: Asked,
    ) -> Result<proto::CustomerTags, Refusal> {
        let person = contact::lock_person(db, asked.customer).await?;
        let person = person.ok_or_else(refusals::customer_not_found)?;
        // The oldest id is the one by which the person is known.
        let profile = person.ids.first().copied().unwrap_or(asked.customer);
        let homes: Vec<Uuid> = person.ids.iter().map(|id| id.0).collect();
        let now = self.now();
        // Before the tags are read: a rule may be at them.
        evaluations::mark(db, &[profile], now).await?;
        let is_theirs = |id| person.ids.contains(&id);
        let said = tags::latest(db, &self.keyring, &homes).await?;
        let latest = tag::latest(said.clone(), is_theirs);
        let changes = self.decide_tag((&said, &latest), &asked, now)?;
        let said = !asked.reason.is_empty();
        let keys = self.keys(db, said.then_some(asked.customer)).await?;
        tags::insert(db, &keys, &changes).await?;
        let told = changes.iter().filter(|it| tag::is_news(&latest, it, now));
        let events: Vec<_> = told.map(announce::tag).collect();
        let appended = self.outbox.append_all(db, &events).await;
        appended.map_err(refusals::outbox)?;
        let latest = tag::latest(latest.into_iter().chain(changes), is_theirs);
        Ok(wire::tags::standing(profile, &latest, now))
    }

    fn decide_tag(
        &self,
        (said, latest): (&[Change], &[Change]),
        asked: &Asked,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let homes = match asked.kind {
            Kind::Added { until } => {
                if until.is_some_and(|until| until <= now) {
                    return Err(Invalid::new("expire_time", Problem::NotInFuture).into());
                }
                tag::check_room(latest, &asked.tag, now)?;
                vec![asked.customer]
            }
            Kind::Removed => tag::homes_of(said, (asked.customer, &asked.tag), now)?,
        };
        let change = |home| Change {
            id: self.clock.new_id(),
            home,
            by: asked.customer,
            tag: asked.tag.clone(),
            kind: asked.kind,
            reason: asked.reason.clone(),
            source: asked.source.clone(),
            actor: asked.actor.clone(),
            at: now,
        };
        Ok(homes.into_iter().map(change).collect())
    }
}
