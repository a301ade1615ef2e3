//! A channel says something about a person.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use seal::Keyring;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::meet::{Alike, alike, alike_now};
use super::tell::{Listed, Taken};
use super::{Person, trust};
use crate::app::App;
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::meeting::telling;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::identity::tell::Told;
use crate::domain::ids::CustomerId;
use crate::store::{homes, identifiers, source_keys};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.IdentityService/IngestSource";

/// What a channel says.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// Whom the channel takes the person for, when it knows.
    pub(crate) customer: Option<CustomerId>,
    pub(crate) channel: String,
    pub(crate) key: String,
    pub(crate) fields: Vec<Field>,
    /// Has values for `fields` only.
    pub(crate) details: Details,
    pub(crate) observed_at: Timestamp,
}

impl App {
    /// Takes in what a channel says, once per `request_id`.
    pub(crate) async fn ingest_source(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::IngestSourceRequest,
        statement: Statement,
    ) -> Result<Response<proto::IngestSourceResponse>, Status> {
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.ingest(claimed.transaction(), caller, statement).await;
                let outcome = outcome.map(|(customer, source)| proto::IngestSourceResponse {
                    source: Some(wire::identities::source(source)),
                    customer: Some(wire::customers::encode(customer)),
                });
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Takes in what a channel says; answers the customer, and all that the channel says of it then.
    pub(in crate::app) async fn ingest(
        &self,
        db: &mut PgTransaction<'_>,
        actor: &str,
        statement: Statement,
    ) -> Result<(Customer, Source), Refusal> {
        let record = (statement.channel.as_str(), statement.key.as_str());
        self.refuse_record(db, record).await?;
        let meant = self.whom(db, &statement).await?;
        let home = register(db, &self.keyring, &statement, &meant).await?;
        let name = (statement.channel.as_str(), statement.key.clone());
        let mut source = Source::new(SourceId(self.clock.new_id()), home, name, self.now());
        let told = Told {
            fields: &statement.fields,
            details: &statement.details,
            observed_at: statement.observed_at,
        };
        if let Meant::New(id, alike) = meant
            && id == home
        {
            source.tell(told.fields, told.details, told.observed_at);
            let customer = self.meet(db, actor, source.clone(), alike).await?;
            return Ok((customer, source));
        }
        let person = Person::lock(db, &self.keyring, home).await?;
        let listed = Listed {
            identifiers: &statement.details.identifiers,
            taken: Taken::Noted,
        };
        let ingest = |profile: &mut Profile, source| profile.ingest(source, told, &trust());
        self.tell(db, person, (source, listed), ingest).await
    }

    async fn whom(
        &self,
        db: &mut PgTransaction<'_>,
        statement: &Statement,
    ) -> Result<Meant, Refusal> {
        let known =
            source_keys::home(db, &self.keyring, &statement.channel, &statement.key).await?;
        if let Some(named) = statement.customer {
            let admitted = erasure::admit(db, named.0).await;
            admitted.map_err(refusals::database)??;
            check(db, known, named).await?;
            return Ok(Meant::Known(known.unwrap_or(named)));
        }
        match known {
            Some(home) => Ok(Meant::Known(home)),
            None => self.identified(db, statement).await,
        }
    }

    /// Somebody new, and who has one of the identifiers already. If nobody has, the newcomer has them from now on: another
    /// request that meets the same one waits for this one, and then finds it.
    async fn identified(
        &self,
        db: &mut PgTransaction<'_>,
        statement: &Statement,
    ) -> Result<Meant, Refusal> {
        let keys = telling(&statement.details);
        let id = CustomerId(self.clock.new_id());
        let alike = alike(db, &self.keyring, &keys).await?;
        if keys.is_empty() || alike != Alike::Nobody {
            return Ok(Meant::New(id, alike));
        }
        let claims = claims(keys.clone(), id);
        if identifiers::claim(db, &self.keyring, &claims).await?.len() == claims.len() {
            return Ok(Meant::New(id, alike));
        }
        identifiers::release(db, &self.keyring, &claims).await?;
        Ok(Meant::New(id, alike_now(db, &self.keyring, &keys).await?))
    }
}

/// Under which id a statement comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meant {
    Known(CustomerId),
    /// Somebody who is to be made.
    New(CustomerId, Alike),
}

impl Meant {
    fn home(&self) -> CustomerId {
        let (Self::Known(home) | Self::New(home, _)) = self;
        *home
    }
}

/// Registers where the channel's record came in, unless it is known. A request that was first with the
/// same record decides.
async fn register(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    statement: &Statement,
    meant: &Meant,
) -> Result<CustomerId, Refusal> {
    let home = meant.home();
    let (channel, key) = (&statement.channel, &statement.key);
    if source_keys::claim(db, keyring, channel, &[(key.clone(), home)]).await? {
        return Ok(home);
    }
    let first = source_keys::home(db, keyring, channel, key).await?;
    let first = first.unwrap_or(home);
    match meant {
        Meant::Known(home) => check(db, Some(first), *home).await?,
        Meant::New(home, _) => {
            let claims = claims(telling(&statement.details), *home);
            identifiers::release(db, keyring, &claims).await?;
        }
    }
    Ok(first)
}

/// Refuses a record of a person other than the one that is meant.
async fn check(
    db: &mut PgTransaction<'_>,
    known: Option<CustomerId>,
    meant: CustomerId,
) -> Result<(), Refusal> {
    let homes = homes::homes_of(db, meant).await?;
    let homes = homes.ok_or_else(refusals::customer_not_found)?;
    match known {
        Some(home) if !homes.has(home) => Err(refusals::source_of_another_customer()),
        _ => Ok(()),
    }
}

/// Each for one home, sorted as claims must be.
fn claims(mut keys: Vec<IdentifierKey>, home: CustomerId) -> Vec<(IdentifierKey, CustomerId)> {
    keys.sort();
    keys.into_iter().map(|key| (key, home)).collect()
}
