//! What whoever writes a condition may read in it: who belongs to a segment tells what the condition asks.

use contract::exposure::Exposure;
use sqlx::PgConnection;

use super::{SegmentError, compile};
use crate::app::attributes::class_of;
use crate::domain::attribute::definition::Attribute;
use crate::domain::segment::condition::Condition;
use crate::domain::segment::vocabulary::{Vocabulary, sensitivity_of};
use crate::store::attributes;

/// What a caller may say in conditions that are new.
pub(crate) struct Author {
    attributes: Vec<Attribute>,
    words: Vocabulary,
    exposure: Exposure,
}

impl Author {
    /// Of segments and policies.
    pub(crate) async fn of_segments(connection: &mut PgConnection) -> Result<Self, SegmentError> {
        Self::new(connection, |open| Vocabulary::of(open)).await
    }

    /// Of rules that give tags.
    pub(crate) async fn of_rules(connection: &mut PgConnection) -> Result<Self, SegmentError> {
        Self::new(connection, |open| Vocabulary::without_tags(open)).await
    }

    async fn new(
        connection: &mut PgConnection,
        words: impl FnOnce(&[Attribute]) -> Vocabulary,
    ) -> Result<Self, SegmentError> {
        let mut attributes = attributes::all(connection).await?;
        attributes.retain(|it| it.definition.sensitivity.is_for_conditions());
        Ok(Self {
            words: words(&attributes),
            attributes,
            exposure: Exposure::current(),
        })
    }

    /// The names, whoever may use them.
    pub(crate) fn words(&self) -> &Vocabulary {
        &self.words
    }

    /// Checks a condition that stands in this field of a request.
    pub(crate) fn compile(
        &self,
        field: &'static str,
        condition: &str,
    ) -> Result<Condition, SegmentError> {
        let condition = compile(field, condition, &self.words)?;
        self.check(field, [&condition])?;
        Ok(condition)
    }

    /// The same of one that stands there already unless `is_other`: whoever changes what is around a condition need not be
    /// the one who may write it.
    pub(crate) fn recompile(
        &self,
        field: &'static str,
        condition: &str,
        is_other: bool,
    ) -> Result<(), SegmentError> {
        if is_other {
            self.compile(field, condition)?;
        } else {
            compile(field, condition, &self.words)?;
        }
        Ok(())
    }

    /// Refuses conditions that read what the caller may not use.
    pub(crate) fn check<'c>(
        &self,
        field: &str,
        conditions: impl IntoIterator<Item = &'c Condition>,
    ) -> Result<(), SegmentError> {
        let mut names: Vec<String> = conditions
            .into_iter()
            .flat_map(Condition::reads)
            .filter(|name| !self.may_use(name))
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(());
        }
        let field = field.to_owned();
        Err(SegmentError::NotExposed { field, names })
    }

    fn may_use(&self, name: &str) -> bool {
        let class = class_of(sensitivity_of(name, &self.attributes));
        class.is_none_or(|class| self.exposure.may_use(class))
    }
}
