//! Recording what customers decide.

use std::collections::HashSet;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use events::NewEvent;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use seal::Keyring;
use sqlx::{PgConnection, Postgres, Transaction};
use tonic::{Response, Status};

use super::policy::InForce;
use super::{ContactError, announce, preferences};
use crate::app::App;
use crate::domain::contact::change::Change;
use crate::domain::contact::consent::{Fingerprint, Kind, Said, Statement};
use crate::domain::contact::topic::{StatementId, Topic};
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;
use crate::store::contact::statements::{self, Recorded};
use crate::store::{Keys, StoreError, contact, customers};
use crate::wire::{self, contact::consents::preference};

const METHOD: &str = "patron.profile.v1.ConsentService/UpdateConsents";

type Answer = proto::UpdateConsentsResponse;

/// The decisions of a call.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) customer: CustomerId,
    /// In the order of the request.
    pub(crate) changes: Vec<Change>,
}

impl App {
    /// Records decisions, once per `request_id`.
    pub(crate) async fn update_consents(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::UpdateConsentsRequest,
        changes: Changes,
    ) -> Result<Response<Answer>, Status> {
        let home = changes.customer;
        let key = Key::new(caller, METHOD, &request.request_id)?;
        let claim = self.claim(deadline, key, request).await?;
        let mut answer = match claim {
            Claim::Replayed(answer) => answer?,
            Claim::Fresh(mut claimed) => {
                let outcome = self
                    .record_changes(claimed.transaction(), caller, changes)
                    .await;
                let answer = claimed.finish(outcome.map_err(Refusal::from)).await?;
                self.outbox.committed();
                answer
            }
        };
        // Only now: the answer is kept with its key, and tokens are kept nowhere.
        self.add_tokens(home, answer.get_mut())
            .map_err(Refusal::from)?;
        Ok(answer)
    }

    fn add_tokens(&self, home: CustomerId, answer: &mut Answer) -> Result<(), ContactError> {
        for opt_in in &mut answer.opt_ins {
            // It was written here, so it is an id.
            let request = opt_in.statement_id.parse().map(StatementId);
            let request = request.map_err(|_| ContactError::TokenInvalid)?;
            opt_in.token = self.secrets.token(home, request)?;
        }
        Ok(())
    }

    async fn record_changes(
        &self,
        tx: &mut Transaction<'static, Postgres>,
        caller: &str,
        changes: Changes,
    ) -> Result<Answer, ContactError> {
        let home = changes.customer;
        let person = contact::lock_person(tx, home).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let now = self.now();
        let in_force = InForce::read(tx).await?;
        let mut said = statements::newest(tx, &person.ids, None).await?;
        let verified = verified(tx, &self.keyring, home, &changes.changes).await?;
        let is_proved = changes.changes.iter().any(|it| !it.evidence.is_empty());
        let keys = self.keys(tx, is_proved.then_some(home)).await?;
        let (mut announced, mut opt_ins) = (Vec::<NewEvent>::new(), Vec::new());
        for (at, change) in changes.changes.iter().enumerate() {
            let unknown = |source| ContactError::UnknownTopic {
                path: format!("changes[{at}]."),
                source,
            };
            for topic in change
                .topics(&in_force.policy, &said, now)
                .map_err(unknown)?
            {
                let kind = change.kind(&in_force.policy, &topic, now);
                let proved_by = self.proof(change, kind, &verified);
                let statement = self.statement(home, &said, change, (topic, kind, proved_by));
                record(tx, &keys, change, (&statement, caller, now)).await?;
                opt_ins.extend(opt_in(&statement));
                let topic = statement.topic.clone();
                said.statements.push(statement);
                let preference = preference(&topic, said.standing(&topic, now));
                announced.push(announce::consent_changed(home, preference));
            }
        }
        self.outbox.append_all(tx, &announced).await?;
        let preferences = preferences::all(home, &in_force.policy, &said, now);
        Ok(Answer {
            preferences: Some(preferences),
            opt_ins,
        })
    }

    /// A request will be proved by its confirmation, everything else only by what is verified.
    fn proof(
        &self,
        change: &Change,
        kind: Kind,
        verified: &HashSet<IdentifierKey>,
    ) -> Option<Fingerprint> {
        let is_request = kind.confirm_by().is_some();
        let proves = |key: &&IdentifierKey| is_request || verified.contains(*key);
        let key = change.identifier.as_ref().filter(proves);
        key.map(|key| self.secrets.fingerprint(key))
    }

    fn statement(
        &self,
        home: CustomerId,
        said: &Said,
        change: &Change,
        (topic, kind, proved_by): (Topic, Kind, Option<Fingerprint>),
    ) -> Statement {
        Statement {
            id: StatementId(self.clock.new_id()),
            home,
            covers: said.ids.clone(),
            topic,
            kind,
            decided: change.decided,
            until: change.until,
            proved_by,
            notice: change.notice.clone(),
            source: change.source.clone(),
        }
    }
}

async fn record(
    connection: &mut PgConnection,
    keys: &Keys,
    change: &Change,
    (statement, caller, now): (&Statement, &str, Timestamp),
) -> Result<(), StoreError> {
    let recorded = Recorded {
        statement: statement.clone(),
        evidence: change.evidence.clone(),
        recorded_by: caller.to_owned(),
        record_time: now,
    };
    statements::insert(connection, keys, &recorded).await
}

/// The customer's verified identifiers; read only when somebody speaks by one.
async fn verified(
    connection: &mut PgConnection,
    keyring: &Keyring,
    customer: CustomerId,
    changes: &[Change],
) -> Result<HashSet<IdentifierKey>, StoreError> {
    if changes.iter().all(|change| change.identifier.is_none()) {
        return Ok(HashSet::new());
    }
    let customer = customers::get(connection, keyring, customer).await?;
    let known = customer
        .map(|it| it.details.identifiers)
        .unwrap_or_default();
    let verified = known.into_iter().filter(|it| it.verified);
    Ok(verified.map(|it| it.key).collect())
}

/// What makes a request a consent, without its token.
fn opt_in(statement: &Statement) -> Option<proto::OptIn> {
    let confirm_by = statement.kind.confirm_by()?;
    Some(proto::OptIn {
        purpose: statement.topic.purpose.0.clone(),
        channel: statement.topic.channel.0.clone(),
        token: String::new(),
        confirm_by_time: Some(wire::time::encode(confirm_by)),
        statement_id: statement.id.0.to_string(),
    })
}
