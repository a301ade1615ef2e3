//! What rules are defined as.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use prost::{Message, Name};
use sqlx::PgConnection;
use tonic::{Response, Status};

use crate::app::App;
use crate::app::segments::{Author, SegmentError};
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::tag_rule::{Definition, MOST, RuleId, TagRule};
use crate::store::segments::sweeps;
use crate::store::{StoreError, tag_rules};
use crate::wire::tag_rules::encode;

const CONDITION: &str = "tag_rule.condition";

/// What is to become of a rule.
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
pub(crate) enum TagRuleError {
    #[error("there is no such rule")]
    NotFound,
    #[error("there is, or was, a rule of this id")]
    AlreadyExists,
    #[error("the rule is archived")]
    Archived,
    #[error("there are as many rules as there can be")]
    TooMany,
    #[error("the rule was changed since its etag was read")]
    Changed,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Condition(#[from] SegmentError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Creates, changes or archives a rule, once per `request_id`.
    pub(crate) async fn define_tag_rule<R: Message + Name>(
        &self,
        (caller, method): (&str, &'static str),
        deadline: Deadline,
        (request, request_id): (&R, &str),
        (id, change): (RuleId, Change),
    ) -> Result<Response<proto::TagRule>, Status> {
        let key = Key::new(caller, method, request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.redefine_tag_rule(claimed.transaction(), id, change);
                let outcome = outcome.await.map(encode).map_err(Refusal::from);
                claimed.finish(outcome).await
            }
        }
    }

    /// The same within a transaction.
    pub(crate) async fn redefine_tag_rule(
        &self,
        db: &mut PgConnection,
        id: RuleId,
        change: Change,
    ) -> Result<TagRule, TagRuleError> {
        tag_rules::lock(db).await?;
        let known = tag_rules::get(db, &id).await?;
        let mut rule = match (known, change) {
            (Some(_), Change::Create(_)) => return Err(TagRuleError::AlreadyExists),
            (None, Change::Create(definition)) => {
                let author = Author::of_rules(db).await?;
                author.compile(CONDITION, &definition.condition)?;
                if tag_rules::count(db).await? >= MOST {
                    return Err(TagRuleError::TooMany);
                }
                self.new_tag_rule(id, definition)
            }
            (None, _) => return Err(TagRuleError::NotFound),
            (Some(known), Change::Archive) if known.archived => return Ok(known),
            (Some(known), Change::Archive) => self.next(known, |it| it.archived = true),
            (Some(known), Change::Update { etag, definition }) => {
                let author = Author::of_rules(db).await?;
                let is_other = known.definition.condition != definition.condition;
                author.recompile(CONDITION, &definition.condition, is_other)?;
                check(&known, &etag, &definition)?;
                if known.definition == definition {
                    return Ok(known);
                }
                self.next(known, |it| it.definition = definition)
            }
        };
        tag_rules::put(db, &rule).await?;
        // When it is over, everybody who has its tag is looked at, too.
        sweeps::begin(db, &tag_rules::sweep_of(&rule.id), false).await?;
        rule.evaluating = true;
        Ok(rule)
    }

    fn new_tag_rule(&self, id: RuleId, definition: Definition) -> TagRule {
        let now = self.now();
        TagRule {
            id,
            version: 1,
            definition,
            archived: false,
            evaluating: true,
            create_time: now,
            update_time: now,
        }
    }

    fn next(&self, mut rule: TagRule, change: impl FnOnce(&mut TagRule)) -> TagRule {
        change(&mut rule);
        rule.version = rule.version.saturating_add(1);
        rule.update_time = self.now();
        rule
    }
}

fn check(known: &TagRule, etag: &str, after: &Definition) -> Result<(), TagRuleError> {
    if known.archived {
        return Err(TagRuleError::Archived);
    }
    if !known.has_etag(etag) {
        return Err(TagRuleError::Changed);
    }
    if known.definition.tag != after.tag {
        return Err(Invalid::new("tag_rule.tag", Problem::TypeFixed).into());
    }
    Ok(())
}
