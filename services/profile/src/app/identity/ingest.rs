//! A channel says something about a person.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::tell::Listed;
use super::{Person, trust};
use crate::app::App;
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::identity::homes::Homes;
use crate::domain::identity::kinds::{Kind, kind_of};
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::identity::tell::Told;
use crate::domain::ids::CustomerId;
use crate::store::{StoreError, homes, identifiers, source_keys};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.IdentityService/IngestSource";
/// The path of what the channel says in its request.
const WITHIN: &str = "source.details";

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
        match idempotency::claim(&self.db, deadline, key, request, self.now()).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.ingest(claimed.transaction(), statement).await;
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
    pub(super) async fn ingest(
        &self,
        db: &mut PgTransaction<'_>,
        statement: Statement,
    ) -> Result<(Customer, Source), Refusal> {
        let known = self.whom(db, &statement).await?;
        let (home, is_new) =
            known.map_or((CustomerId(self.clock.new_id()), true), |it| (it, false));
        let home = register(db, &statement, (home, is_new)).await?;
        let name = (statement.channel.as_str(), statement.key.clone());
        let source = Source::new(SourceId(self.clock.new_id()), home, name, self.now());
        let told = Told {
            fields: &statement.fields,
            details: &statement.details,
            observed_at: statement.observed_at,
        };
        if is_new && homes::homes_of(db, home).await?.is_none() {
            let mut source = source;
            source.tell(told.fields, told.details, told.observed_at);
            let customer = self.found(db, source.clone(), WITHIN).await?;
            return Ok((customer, source));
        }
        let person = Person::lock(db, home).await?;
        let listed = Listed {
            within: WITHIN,
            identifiers: &statement.details.identifiers,
        };
        let ingest = |profile: &mut Profile, source| profile.ingest(source, told, &trust());
        self.tell(db, person, (source, listed), ingest).await
    }

    /// The home that a statement goes to, when it is known.
    async fn whom(
        &self,
        db: &mut PgTransaction<'_>,
        statement: &Statement,
    ) -> Result<Option<CustomerId>, Refusal> {
        let known = source_keys::home(db, &statement.channel, &statement.key).await?;
        if let Some(named) = statement.customer {
            let homes = homes::homes_of(db, named).await?;
            let homes = homes.ok_or_else(refusals::customer_not_found)?;
            check(known, &homes)?;
            return Ok(known.or(Some(named)));
        }
        match known {
            Some(home) => Ok(Some(home)),
            None => Ok(owner(db, &statement.details).await?),
        }
    }
}

/// Registers where the channel's record came in, unless it is known. A request that was first with the
/// same record decides.
async fn register(
    db: &mut PgTransaction<'_>,
    statement: &Statement,
    (home, is_new): (CustomerId, bool),
) -> Result<CustomerId, Refusal> {
    let name = (statement.channel.as_str(), statement.key.as_str());
    if source_keys::claim(db, name, home).await? {
        return Ok(home);
    }
    let first = source_keys::home(db, name.0, name.1).await?;
    let first = first.unwrap_or(home);
    if !is_new && first != home {
        let homes = homes::homes_of(db, home).await?;
        check(
            Some(first),
            &homes.ok_or_else(refusals::customer_not_found)?,
        )?;
    }
    Ok(first)
}

/// Refuses a record of a person other than the one that is meant.
fn check(known: Option<CustomerId>, meant: &Homes) -> Result<(), Refusal> {
    match known {
        Some(home) if !meant.has(home) => Err(refusals::source_of_another_customer()),
        _ => Ok(()),
    }
}

/// Whose the first of the identifiers is that somebody has. Kinds that people share tell nothing.
async fn owner(
    db: &mut PgTransaction<'_>,
    said: &Details,
) -> Result<Option<CustomerId>, StoreError> {
    let keys = said.identifiers.iter().map(|identifier| &identifier.key);
    let telling = keys.filter(|key| kind_of(&key.kind) != Kind::Shared);
    let keys: Vec<_> = telling.cloned().collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let owners = identifiers::owners(db, &keys).await?;
    Ok(keys.iter().find_map(|key| owners.get(key)).copied())
}
