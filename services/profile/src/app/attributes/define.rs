//! What attributes are defined as.

use chassis::{Deadline, Refusal};
use contract::exposure::{Exposure, Seen};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key as RequestKey};
use prost::{Message, Name};
use sqlx::PgConnection;
use tonic::{Response, Status};

use super::class_of;
use crate::app::App;
use crate::domain::attribute::definition::{Attribute, Definition, Key, MOST};
use crate::domain::invalid::Invalid;
use crate::store::{StoreError, attributes};
use crate::wire::attributes::encode;

/// What is to become of an attribute.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Create(Definition),
    Update {
        /// Empty: whatever the version.
        etag: String,
        definition: Definition,
    },
    Archive,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttributeError {
    #[error("there is no attribute `{}`", .0.0)]
    NotFound(Key),
    #[error("there is, or was, an attribute of this id")]
    AlreadyExists,
    #[error("the attribute `{}` is archived", .0.0)]
    Archived(Key),
    #[error("there are as many attributes as there can be")]
    TooMany,
    #[error("the attribute was changed since its etag was read")]
    Changed,
    /// Its values are of a class that the caller is not shown, and would be shown after the change.
    #[error("the sensitivity of `{}` can be changed by who is shown its values alone", .0.0)]
    NotExposed(Key),
    /// Values and conditions rely on what would be changed.
    #[error("{0}")]
    Fixed(Invalid),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Creates, changes or archives an attribute, once per `request_id`.
    pub(crate) async fn define_attribute<R: Message + Name>(
        &self,
        (caller, method): (&str, &'static str),
        deadline: Deadline,
        (request, request_id): (&R, &str),
        (key, change): (Key, Change),
    ) -> Result<Response<proto::Attribute>, Status> {
        let request_key = RequestKey::new(caller, method, request_id)?;
        match self.claim(deadline, request_key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.redefine_attribute(claimed.transaction(), key, change);
                let outcome = outcome.await.map(encode).map_err(Refusal::from);
                claimed.finish(outcome).await
            }
        }
    }

    /// The same within a transaction.
    pub(crate) async fn redefine_attribute(
        &self,
        db: &mut PgConnection,
        key: Key,
        change: Change,
    ) -> Result<Attribute, AttributeError> {
        attributes::lock(db).await?;
        let known = attributes::get(db, &key).await?;
        let attribute = match (known, change) {
            (Some(_), Change::Create(_)) => return Err(AttributeError::AlreadyExists),
            (None, Change::Create(definition)) => {
                if attributes::count(db).await? >= MOST {
                    return Err(AttributeError::TooMany);
                }
                self.new_attribute(key, definition)
            }
            (None, _) => return Err(AttributeError::NotFound(key)),
            (Some(known), Change::Archive) if known.archived => return Ok(known),
            (Some(known), Change::Archive) => self.next_version(known, |it| it.archived = true),
            (Some(known), Change::Update { etag, definition }) => {
                check(&known, &etag, &definition)?;
                if known.definition == definition {
                    return Ok(known);
                }
                self.next_version(known, |it| it.definition = definition)
            }
        };
        attributes::put(db, &attribute).await?;
        Ok(attribute)
    }

    fn new_attribute(&self, key: Key, definition: Definition) -> Attribute {
        let now = self.now();
        Attribute {
            key,
            version: 1,
            definition,
            archived: false,
            create_time: now,
            update_time: now,
        }
    }

    fn next_version(
        &self,
        mut attribute: Attribute,
        change: impl FnOnce(&mut Attribute),
    ) -> Attribute {
        change(&mut attribute);
        attribute.version = attribute.version.saturating_add(1);
        attribute.update_time = self.now();
        attribute
    }
}

fn check(known: &Attribute, etag: &str, after: &Definition) -> Result<(), AttributeError> {
    if known.archived {
        return Err(AttributeError::Archived(known.key.clone()));
    }
    if !known.has_etag(etag) {
        return Err(AttributeError::Changed);
    }
    if known.definition.sensitivity != after.sensitivity && !is_shown(known) {
        return Err(AttributeError::NotExposed(known.key.clone()));
    }
    let fixed = known.check_successor(after);
    fixed.map_err(|invalid| AttributeError::Fixed(invalid.within("attribute")))
}

/// Whether the caller is shown all of the values as it is now.
fn is_shown(attribute: &Attribute) -> bool {
    let class = class_of(attribute.definition.sensitivity);
    class.is_none_or(|class| Exposure::current().of(class) == Seen::Clear)
}
