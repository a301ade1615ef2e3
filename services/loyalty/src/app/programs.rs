//! Programs in the versions in force.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use sqlx::PgConnection;

use super::AppError;
use crate::domain::Program;
use crate::store::programs;

/// Versions of programs that were read before. They never change. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs(Arc<RwLock<Known>>);

/// By program and version.
type Known = HashMap<(String, i64), Arc<Program>>;

impl Programs {
    /// The version in force at an instant; before the first version, that one.
    pub(crate) async fn at(
        &self,
        db: &mut PgConnection,
        program_id: &str,
        at: Timestamp,
    ) -> Result<Arc<Program>, AppError> {
        let not_found = || AppError::ProgramNotFound {
            program_id: program_id.to_owned(),
        };
        let version = programs::version_at(&mut *db, program_id, at).await?;
        let key = (program_id.to_owned(), version.ok_or_else(not_found)?);
        if let Some(program) = self.known(&key) {
            return Ok(program);
        }
        let read = programs::in_force(db, program_id, at).await?;
        let program = Arc::new(read.ok_or_else(not_found)?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, Arc::clone(&program));
        Ok(program)
    }

    fn known(&self, key: &(String, i64)) -> Option<Arc<Program>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(key).cloned()
    }
}
