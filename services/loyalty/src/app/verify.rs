//! Recomputing the ledger.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use postgres::Database;
use sqlx::PgConnection;
use uuid::Uuid;

use super::AppError;
use crate::domain::Program;
use crate::domain::audit::{Difference, Heading, MemberAudit};
use crate::store::{audit, programs};

/// Members whose sums are held at once.
const PAGE: i64 = 100;

/// A transaction that sees one state of the database to its end. It writes nothing, so it has no
/// transaction id and holds back neither feeds nor writers.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// Members looked at.
    pub(crate) members: i64,
    /// Entries looked at.
    pub(crate) entries: i64,
    /// The first difference by member.
    pub(crate) difference: Option<Difference>,
}

/// Recomputes every member of a program from its entries, in one snapshot, beside live traffic.
/// Stops at the first difference.
pub(crate) async fn verify(db: &Database, program_id: &str) -> Result<Verified, AppError> {
    let mut tx = db.pool().begin_with(SNAPSHOT).await?;
    let versions = programs::versions(&mut *tx, program_id).await?;
    if versions.is_empty() {
        return Err(AppError::ProgramNotFound {
            program_id: program_id.to_owned(),
        });
    }
    let versions: BTreeMap<i64, Program> = versions
        .into_iter()
        .map(|program| (program.version, program))
        .collect();

    let mut verified = Verified::default();
    let mut after = Some(Uuid::nil());
    while let Some(last) = after.filter(|_| verified.difference.is_none()) {
        let program = (program_id, &versions);
        after = verify_page(&mut tx, program, last, &mut verified).await?;
    }
    tx.rollback().await?;
    Ok(verified)
}

/// Verifies the members of a page and tells the last of them; `None` after the last page.
async fn verify_page(
    db: &mut PgConnection,
    program: (&str, &BTreeMap<i64, Program>),
    after: Uuid,
    verified: &mut Verified,
) -> Result<Option<Uuid>, AppError> {
    let page = audit::members(db, program, after, PAGE).await?;
    let ids: Vec<Uuid> = page.keys().copied().collect();
    let mut audits: BTreeMap<Uuid, MemberAudit> = page
        .into_iter()
        .map(|(id, recorded)| (id, MemberAudit::new(recorded)))
        .collect();

    let mut entries = pin!(audit::entries(db, &ids));
    while let Some(entry) = entries.try_next().await? {
        let audit::AuditedEntry {
            operation_id,
            kind,
            ref reference,
            ..
        } = entry;
        let heading = Heading {
            operation_id,
            kind,
            reference,
        };
        if let Some(audit) = audits.get_mut(&entry.customer_id) {
            audit.entry(heading, &entry.entry);
        }
    }
    for audit in audits.into_values() {
        verified.members += 1;
        verified.entries += audit.entry_count();
        verified.difference = audit.finish()?;
        if verified.difference.is_some() {
            break;
        }
    }
    Ok(ids.last().copied())
}
