//! Deciding on a message before it is sent.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use sqlx::PgConnection;
use tonic::{Response, Status};
use uuid::Uuid;

use super::ContactError;
use super::policy::InForce;
use crate::app::App;
use crate::domain::contact::consent::Said;
use crate::domain::contact::decide::{Decision, Question};
use crate::domain::contact::ledger::{Contact, Held, State};
use crate::domain::contact::policy::PurposeRule;
use crate::domain::contact::topic::{ContactId, Topic};
use crate::domain::ids::CustomerId;
use crate::store::contact::contacts::{self, MOST_RESERVED};
use crate::store::contact::{self, Person, statements};
use crate::store::privacy::restrictions;
use crate::wire::contact::contacts as wire;

const METHOD: &str = "patron.profile.v1.ContactService/CheckContact";

/// A message that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) customer: CustomerId,
    pub(crate) topic: Topic,
    pub(crate) reference: String,
}

impl App {
    /// Decides, and reserves a place, once per `request_id`; a dry run only decides.
    pub(crate) async fn check_contact(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::CheckContactRequest,
        ask: Ask,
    ) -> Result<Response<proto::ContactDecision>, Status> {
        if request.validate_only {
            let mut tx = self.begin(deadline).await?;
            return Ok(Response::new(
                self.try_contact(&mut tx, &ask)
                    .await
                    .map_err(Refusal::from)?,
            ));
        }
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.reserve(claimed.transaction(), ask).await;
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }

    async fn try_contact(
        &self,
        connection: &mut PgConnection,
        ask: &Ask,
    ) -> Result<proto::ContactDecision, ContactError> {
        let person = contact::person(connection, ask.customer).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let in_force = InForce::read(connection).await?;
        let zone = in_force.zone_of(&person);
        let decision = decide(connection, &in_force, &person, &ask.topic, self.now()).await?;
        Ok(match decision {
            Decision::Allowed { .. } => wire::allowed(None, &zone),
            Decision::Refused { obstacles, next } => wire::refused(obstacles, next, &zone),
        })
    }

    async fn reserve(
        &self,
        connection: &mut PgConnection,
        ask: Ask,
    ) -> Result<proto::ContactDecision, ContactError> {
        let person = contact::lock_person(connection, ask.customer).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let now = self.now();
        let in_force = InForce::read(connection).await?;
        let zone = in_force.zone_of(&person);
        match decide(connection, &in_force, &person, &ask.topic, now).await? {
            Decision::Refused { obstacles, next } => Ok(wire::refused(obstacles, next, &zone)),
            Decision::Allowed { displaced } => {
                if !displaced.is_empty() {
                    contacts::displace(connection, &person.ids, &displaced, now).await?;
                }
                let contact = self.reservation(ask, &in_force, now)?;
                let named = (!contact.reference.is_empty()).then_some(contact.customer);
                let keys = self.keys(connection, named).await?;
                contacts::insert(connection, &keys, &contact).await?;
                Ok(wire::allowed(Some(wire::contact(contact, now)), &zone))
            }
        }
    }

    fn reservation(
        &self,
        ask: Ask,
        in_force: &InForce,
        now: Timestamp,
    ) -> Result<Contact, ContactError> {
        let policy = &in_force.policy;
        Ok(Contact {
            id: ContactId(self.clock.new_id()),
            customer: ask.customer,
            priority: rule(in_force, &ask.topic)?.priority,
            topic: ask.topic,
            reference: ask.reference,
            stored: State::Reserved,
            reserve_time: now,
            expire_time: now
                .saturating_add(policy.reservation)
                .unwrap_or(Timestamp::MAX),
            end_time: None,
        })
    }
}

/// Reads what the decision needs, and decides.
async fn decide(
    connection: &mut PgConnection,
    in_force: &InForce,
    person: &Person,
    topic: &Topic,
    now: Timestamp,
) -> Result<Decision, ContactError> {
    let rule = rule(in_force, topic)?;
    let ids: Vec<Uuid> = person.ids.iter().map(|id| id.0).collect();
    if restrictions::is_any(connection, &ids).await? {
        return Ok(Decision::restricted());
    }
    let policy = &in_force.policy;
    let zone = &in_force.zone_of(person);
    let said = if rule.needs_consent {
        statements::newest(connection, &person.ids, Some(topic)).await?
    } else {
        Said::default()
    };
    let caps: Vec<_> = policy.caps_on(rule, topic).collect();
    let held = contacts::counted(connection, &person.ids, &caps, zone, now).await?;
    let reserved = held.iter().filter(|it: &&Held| it.reserved_until.is_some());
    if reserved.count() >= MOST_RESERVED {
        return Err(ContactError::TooManyReserved);
    }
    let question = Question {
        policy,
        rule,
        topic,
        zone,
        said: &said,
        held: &held,
    };
    Ok(question.decide(now))
}

fn rule<'a>(in_force: &'a InForce, topic: &Topic) -> Result<&'a PurposeRule, ContactError> {
    let rule = in_force.policy.rule(topic);
    rule.map_err(|source| ContactError::UnknownTopic {
        path: String::new(),
        source,
    })
}
