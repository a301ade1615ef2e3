//! Files of customers: told, sent in pieces, taken in by batches of rows, taken back.
//!
//! A batch is one transaction: it locks the import, checks that its rows follow those that were taken in, lets
//! `domain/imports/crowd.rs` decide on each, writes what follows with one statement for each table, and moves the
//! import on. So a row is taken in once, whoever is killed when.

mod attributes;
mod batch;
pub(crate) mod create;
mod erased;
mod error;
mod joined;
mod line;
mod part;
mod people;
pub(crate) mod undo;
pub(crate) mod upload;

#[cfg(test)]
mod tests;

use chassis::{Deadline, Refusal};
use uuid::Uuid;

use super::App;
use super::browse::{Page, with_one_more};
use crate::domain::ids::ImportId;
use crate::domain::imports::Import;
use crate::refusals::imports as refusals;
use crate::store::imports;
use crate::store::imports::errors::{self, FailedRow};

impl App {
    /// An import.
    pub(crate) async fn import(&self, deadline: Deadline, id: ImportId) -> Result<Import, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let import = imports::get(&mut tx, id).await?;
        import.ok_or_else(refusals::not_found)
    }

    /// Imports that were created before one, the newest first.
    pub(crate) async fn imports(
        &self,
        deadline: Deadline,
        before: ImportId,
        size: u16,
    ) -> Result<Page<Import>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let found = imports::list(&mut tx, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// The rows that were refused, after one, in the order of the file.
    pub(crate) async fn import_errors(
        &self,
        deadline: Deadline,
        (id, after_row): (ImportId, i64),
        size: u16,
    ) -> Result<Page<FailedRow>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        imports::get(&mut tx, id)
            .await?
            .ok_or_else(refusals::not_found)?;
        let found = errors::list(&mut tx, id, after_row, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    fn new_import_id(&self) -> ImportId {
        ImportId(self.clock.new_id())
    }
}

/// After all imports in a list from the newest on.
pub(crate) const NEWEST: ImportId = ImportId(Uuid::max());
