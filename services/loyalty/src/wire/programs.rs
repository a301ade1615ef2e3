//! Programs and their versions as answers and events.

use ::contract::time::timestamp;
use contract::patron::loyalty::v1 as contract;
use contract::program::Rounding as WireRounding;
use contract::program_version::State as WireState;
use jiff::Timestamp;
use prost::{DecodeError, Message as _};

use super::program::Problems;
use super::program::diff::{Change, MOST_CHANGES};
use crate::domain::program::{
    Award, Document, PointRounding, Program, Ratio, Trigger, Turn, VersionState, Warning,
};
use crate::store::program::{Cancellation, Due, ProgramRow, Scheduling, Version};

/// A program, with the main figures of the version in force.
pub(crate) fn program(
    row: ProgramRow,
    in_force: Option<&Program>,
    next: Option<&Turn>,
) -> contract::Program {
    let mut told = contract::Program {
        program_id: row.program_id,
        create_time: Some(timestamp(row.created.at)),
        creator: row.created.by,
        next_version: next.map_or(0, |turn| turn.version),
        next_active_time: next.map(|turn| timestamp(turn.active_from)),
        ..contract::Program::default()
    };
    if let Some(Program {
        version, document, ..
    }) = in_force
    {
        let wallet = &document.main_wallet;
        told.version = *version;
        told.display_name.clone_from(&document.display_name);
        told.point_currency = wallet.wallet_id.to_string();
        told.decimals = wallet.decimals.into();
        document.zone.name().clone_into(&mut told.time_zone);
        told.points_per_currency_unit = basic_rate(document);
        told.set_rounding(rounding(wallet.rounding));
        told.minimum_redemption = wallet.redemption.minimum.get();
    }
    told
}

/// What any purchase earns for each unit of money, where that is a whole number.
fn basic_rate(document: &Document) -> i64 {
    let mut rules = document.earning_rules.iter();
    let rate = rules.find_map(|rule| match (&rule.trigger, &rule.award) {
        (Trigger::Order { lines: None }, Award::PerCurrencyUnit(rate))
            if rule.condition.is_none() && rule.wallet_id == document.main_wallet.wallet_id =>
        {
            Some(*rate)
        }
        _ => None,
    });
    match rate {
        Some(Ratio {
            numerator,
            denominator,
        }) if numerator.checked_rem(denominator) == Some(0) => numerator / denominator,
        _ => 0,
    }
}

fn rounding(rounding: PointRounding) -> WireRounding {
    match rounding {
        PointRounding::Floor => WireRounding::Floor,
        PointRounding::HalfUp => WireRounding::HalfUp,
        PointRounding::HalfEven => WireRounding::HalfEven,
    }
}

/// The document of a version.
pub(crate) fn document(version: &Version) -> Result<contract::ProgramDocument, DecodeError> {
    contract::ProgramDocument::decode(version.document.as_slice())
}

/// A version with its document.
pub(crate) fn version(
    version: Version,
    state: VersionState,
) -> Result<contract::ProgramVersion, DecodeError> {
    let document = document(&version)?;
    Ok(contract::ProgramVersion {
        document: Some(document),
        ..heading(version, state)
    })
}

/// A version without its document.
pub(crate) fn heading(version: Version, state: VersionState) -> contract::ProgramVersion {
    let etag = version.etag();
    let mut told = contract::ProgramVersion {
        program_id: version.program_id,
        version: version.number,
        state: wire_state(state).into(),
        description: version.description,
        etag,
        create_time: Some(timestamp(version.created.at)),
        creator: version.created.by,
        update_time: Some(timestamp(version.updated.at)),
        updater: version.updated.by,
        ..contract::ProgramVersion::default()
    };
    if let Some(scheduling) = version.scheduling {
        told.active_time = Some(timestamp(scheduling.active_from));
        told.schedule_time = Some(timestamp(scheduling.scheduled.at));
        told.scheduler = scheduling.scheduled.by;
        told.schedule_reason = scheduling.reason;
        told.reverted_version = scheduling.reverted.unwrap_or_default();
        if let Some(Cancellation { cancelled, reason }) = scheduling.cancellation {
            told.cancel_time = Some(timestamp(cancelled.at));
            told.canceller = cancelled.by;
            told.cancel_reason = reason;
        }
    }
    told
}

fn wire_state(state: VersionState) -> WireState {
    match state {
        VersionState::Draft => WireState::Draft,
        VersionState::Scheduled => WireState::Scheduled,
        VersionState::Active => WireState::Active,
        VersionState::Superseded => WireState::Superseded,
        VersionState::Cancelled => WireState::Cancelled,
    }
}

/// What a version would change.
pub(crate) fn preview(
    base: Option<i64>,
    changes: Vec<Change>,
    warnings: &[Warning],
    problems: &Problems,
) -> contract::ProgramPreview {
    let omitted = changes.len().saturating_sub(MOST_CHANGES);
    let change = |change: Change| contract::DocumentChange {
        path: change.path,
        kind: change.kind.into(),
        before: change.before,
        after: change.after,
    };
    contract::ProgramPreview {
        base_version: base.unwrap_or_default(),
        changes: changes.into_iter().take(MOST_CHANGES).map(change).collect(),
        omitted_changes: i64::try_from(omitted).unwrap_or(i64::MAX),
        warnings: warnings.iter().map(ToString::to_string).collect(),
        problems: problems_told(problems),
    }
}

/// What is wrong with a document.
pub(crate) fn validated(problems: &Problems) -> contract::ValidateProgramDocumentResponse {
    contract::ValidateProgramDocumentResponse {
        problems: problems_told(problems),
        omitted_problems: i64::try_from(problems.omitted()).unwrap_or(i64::MAX),
    }
}

fn problems_told(problems: &Problems) -> Vec<contract::DocumentProblem> {
    let problems = problems.iter().map(|problem| contract::DocumentProblem {
        field: problem.path.clone(),
        description: problem.fault.to_string(),
    });
    problems.collect()
}

/// That the activation of a version was asked for.
pub(crate) fn scheduled(
    version: &Version,
    scheduling: &Scheduling,
) -> contract::ProgramVersionScheduled {
    contract::ProgramVersionScheduled {
        program_id: version.program_id.clone(),
        version: version.number,
        active_time: Some(timestamp(scheduling.active_from)),
        scheduler: scheduling.scheduled.by.clone(),
        reason: scheduling.reason.clone(),
        reverted_version: scheduling.reverted.unwrap_or_default(),
    }
}

/// That a version has come into force.
pub(crate) fn activated(due: &Due, before: Option<i64>) -> contract::ProgramVersionActivated {
    contract::ProgramVersionActivated {
        program_id: due.program_id.clone(),
        version: due.version,
        active_time: Some(timestamp(due.active_from)),
        superseded_version: before.unwrap_or_default(),
    }
}

/// That an activation was taken back.
pub(crate) fn cancelled(
    version: &Version,
    active_from: Timestamp,
    cancellation: &Cancellation,
) -> contract::ProgramActivationCancelled {
    contract::ProgramActivationCancelled {
        program_id: version.program_id.clone(),
        version: version.number,
        active_time: Some(timestamp(active_from)),
        canceller: cancellation.cancelled.by.clone(),
        reason: cancellation.reason.clone(),
    }
}
