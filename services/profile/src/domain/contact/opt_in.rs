//! Confirming what was requested.

use jiff::Timestamp;

use super::consent::{Kind, Said, Statement};
use super::topic::StatementId;

/// Why a request can't be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPending {
    /// There is no such request.
    #[error("there is no such opt-in")]
    Unknown,
    /// It was not confirmed in time.
    #[error("the opt-in was not confirmed in time")]
    Expired,
    /// The customer has withdrawn since.
    #[error("the customer has withdrawn since")]
    Withdrawn,
}

/// Confirms a request by a token that only its customer was sent: the statement, with this id, by
/// which the consent is given from now on; `None` when it was confirmed before.
pub(crate) fn confirm(
    said: &Said,
    request: StatementId,
    id: StatementId,
    now: Timestamp,
) -> Result<Option<Statement>, NotPending> {
    let kind = Kind::Confirmed { request };
    if said.statements.iter().any(|it| it.kind == kind) {
        return Ok(None);
    }
    let asked = said.statements.iter().find(|it| it.id == request);
    let asked = asked.ok_or(NotPending::Unknown)?;
    let confirm_by = asked.kind.confirm_by().ok_or(NotPending::Unknown)?;
    // Under whichever of the ids that are the person's now: a link in an old mail takes nothing back.
    let about = |it: &&Statement| it.topic == asked.topic && said.ids.contains(&it.home);
    let mut later = said.statements.iter().filter(about);
    if later.any(|it| it.kind == Kind::Withdrawn && it.is_newer_than(asked)) {
        return Err(NotPending::Withdrawn);
    }
    if confirm_by <= now {
        return Err(NotPending::Expired);
    }
    Ok(Some(Statement {
        id,
        covers: said.ids.clone(),
        kind,
        decided: now.max(asked.decided),
        ..asked.clone()
    }))
}
