//! What segments are defined as.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use prost::{Message, Name};
use sqlx::PgConnection;
use tonic::{Response, Status};

use super::{Author, SegmentError};
use crate::app::App;
use crate::domain::segment::definition::{Definition, MOST, Segment, SegmentId};
use crate::store::segments::{definitions, sweeps};
use crate::wire::segments::encode;

/// What is to become of a segment.
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

impl App {
    /// Creates, changes or archives a segment, once per `request_id`, or just tells what it would be.
    pub(crate) async fn define_segment<R: Message + Name>(
        &self,
        (caller, method): (&str, &'static str),
        deadline: Deadline,
        (request, request_id): (&R, Option<&str>),
        (id, change): (SegmentId, Change),
    ) -> Result<Response<proto::Segment>, Status> {
        let Some(request_id) = request_id else {
            // Does all of it and takes it back.
            let mut tx = self.begin(deadline).await?;
            let segment = self.define(&mut tx, caller, (id, change)).await;
            return Ok(Response::new(encode(segment.map_err(Refusal::from)?)));
        };
        let key = Key::new(caller, method, request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self
                    .define(claimed.transaction(), caller, (id, change))
                    .await;
                claimed
                    .finish(outcome.map(encode).map_err(Refusal::from))
                    .await
            }
        }
    }

    /// The same within a transaction.
    pub(super) async fn define(
        &self,
        db: &mut PgConnection,
        caller: &str,
        (id, change): (SegmentId, Change),
    ) -> Result<Segment, SegmentError> {
        definitions::lock(db).await?;
        let known = definitions::get(db, &id).await?;
        match change {
            Change::Create(definition) => {
                self.create_segment(db, caller, (id, known, definition))
                    .await
            }
            Change::Update { etag, definition } => {
                let known = known.ok_or(SegmentError::NotFound)?;
                self.redefine(db, caller, (known, &etag, definition)).await
            }
            Change::Archive => {
                let known = known.ok_or(SegmentError::NotFound)?;
                self.archive(db, caller, known).await
            }
        }
    }

    async fn create_segment(
        &self,
        db: &mut PgConnection,
        caller: &str,
        (id, known, definition): (SegmentId, Option<Segment>, Definition),
    ) -> Result<Segment, SegmentError> {
        let author = Author::of_segments(db).await?;
        author.compile("segment.condition", &definition.condition)?;
        if known.is_some() {
            return Err(SegmentError::AlreadyExists);
        }
        if definitions::count(db).await? >= MOST {
            return Err(SegmentError::TooMany);
        }
        let now = self.now();
        let segment = Segment {
            id,
            version: 1,
            definition,
            archived: false,
            evaluating: true,
            create_time: now,
            update_time: now,
        };
        definitions::put(db, &segment, caller).await?;
        sweeps::begin(db, &segment.id, false).await?;
        Ok(segment)
    }

    async fn redefine(
        &self,
        db: &mut PgConnection,
        caller: &str,
        (mut segment, etag, definition): (Segment, &str, Definition),
    ) -> Result<Segment, SegmentError> {
        let author = Author::of_segments(db).await?;
        let is_other = segment.definition.condition != definition.condition;
        author.recompile("segment.condition", &definition.condition, is_other)?;
        if segment.archived {
            return Err(SegmentError::Archived);
        }
        if !segment.has_etag(etag) {
            return Err(SegmentError::Changed);
        }
        if segment.definition == definition {
            return Ok(segment);
        }
        segment.definition = definition;
        segment.version = segment.version.saturating_add(1);
        segment.update_time = self.now();
        definitions::put(db, &segment, caller).await?;
        if is_other {
            sweeps::begin(db, &segment.id, false).await?;
            segment.evaluating = true;
        }
        Ok(segment)
    }

    async fn archive(
        &self,
        db: &mut PgConnection,
        caller: &str,
        mut segment: Segment,
    ) -> Result<Segment, SegmentError> {
        if segment.archived {
            return Ok(segment);
        }
        segment.archived = true;
        segment.version = segment.version.saturating_add(1);
        segment.update_time = self.now();
        definitions::put(db, &segment, caller).await?;
        sweeps::begin(db, &segment.id, true).await?;
        Ok(segment)
    }
}
