//! Rows that speak of people who were erased.

use std::collections::{BTreeSet, HashSet};

use sqlx::PgConnection;

use crate::app::App;
use crate::app::identity::ingest::Statement;
use crate::domain::identifier::IdentifierKey;
use crate::domain::imports::Fault;
use crate::refusals::{identifier_suppressed, imports};
use crate::store::StoreError;

/// What of a batch is theirs.
pub(super) struct Erased {
    identifiers: HashSet<IdentifierKey>,
    records: HashSet<String>,
}

impl Erased {
    pub(super) async fn among<'a>(
        app: &App,
        db: &mut PgConnection,
        channel: &str,
        statements: impl Iterator<Item = &'a Statement> + Clone,
    ) -> Result<Self, StoreError> {
        let keys: BTreeSet<_> = statements.clone().map(|it| it.key.as_str()).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let identifiers = statements.flat_map(|it| &it.details.identifiers);
        let identifiers: BTreeSet<_> = identifiers.map(|it| it.key.clone()).collect();
        let identifiers: Vec<_> = identifiers.into_iter().collect();
        Ok(Self {
            identifiers: app.suppressed(db, &identifiers).await?,
            records: app.suppressed_records(db, channel, &keys).await?,
        })
    }

    /// Refuses a row of theirs, as a call would be.
    pub(super) fn refuse(&self, said: &Statement) -> Result<(), Fault> {
        let fault =
            |kind: &str, field: &str| Err(imports::of_refusal(&identifier_suppressed(kind), field));
        if self.records.contains(&said.key) {
            return fault("source_key", "source_key");
        }
        let mut identifiers = said.details.identifiers.iter();
        match identifiers.find(|it| self.identifiers.contains(&it.key)) {
            Some(it) => fault(&it.key.kind, &format!("identifiers.{}", it.key.kind)),
            None => Ok(()),
        }
    }
}
