//! Segments: defining them, deciding who belongs to them, and telling why.

mod author;
mod define;
mod error;
mod explain;
mod foresee;
mod judge;
mod keep;
mod preview;
mod rate;
mod read;

pub(crate) use author::Author;
pub(crate) use define::Change;
pub(crate) use error::SegmentError;
pub(in crate::app) use foresee::Foresight;
pub(crate) use foresee::Move;
pub(crate) use keep::keep;
pub(crate) use preview::Preview;

use chassis::Refusal;
use jiff::Timestamp;
use sqlx::PgConnection;

use super::contact::policy::default_zone;
use crate::domain::segment::condition::{Condition, Reach};
use crate::domain::segment::vocabulary::Vocabulary;
use crate::store::attributes;
use crate::store::segments::facts::{Health, Scope};

/// Checks a condition that stands in this field of a request.
pub(crate) fn compile(
    field: &'static str,
    condition: &str,
    over: &Vocabulary,
) -> Result<Condition, SegmentError> {
    Condition::compile(condition, over).map_err(|source| SegmentError::Condition {
        field: field.to_owned(),
        source,
    })
}

/// What conditions may say that are in force: an attribute may have become more sensitive since.
pub(crate) async fn words(connection: &mut PgConnection) -> Result<Vocabulary, SegmentError> {
    Ok(Vocabulary::of(&attributes::all(connection).await?))
}

/// What is to be read of people for conditions that look so far back.
pub(super) async fn scope(
    connection: &mut PgConnection,
    reach: Reach,
    now: Timestamp,
) -> Result<Scope, SegmentError> {
    let zone = default_zone(connection).await;
    let default_zone = zone.map_err(|error| SegmentError::Zone(Box::new(Refusal::from(error))))?;
    Ok(Scope {
        default_zone,
        reach,
        health: Health::Kept,
        now,
    })
}

#[cfg(test)]
mod history_tests;
