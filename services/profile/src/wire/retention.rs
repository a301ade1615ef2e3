//! Rules and runs of retention.

use contract::patron::privacy::v1 as privacy;
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use uuid::Uuid;

use super::time;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::retention::run::Run;
use crate::domain::privacy::retention::{Kind, Others, Rule};

/// A kind that has an age.
pub(crate) fn kind(field: &str, sent: proto::RetentionKind) -> Result<Kind, Invalid> {
    let number = i16::try_from(i32::from(sent)).ok();
    let kind = number.and_then(Kind::numbered);
    kind.ok_or_else(|| Invalid::new(field, Problem::Missing))
}

/// How long a kind is kept.
pub(crate) fn rule(rule: Rule) -> proto::RetentionRule {
    let (updater, update_time) = match rule.updated {
        Some((by, at)) => (by, Some(time::encode(at))),
        None => (String::new(), None),
    };
    proto::RetentionRule {
        kind: rule.kind.number().into(),
        days: rule.days,
        updater,
        update_time,
    }
}

/// What a rule would do.
pub(crate) fn preview(cut_off: Timestamp, (free, held): (i64, i64)) -> proto::RetentionPreview {
    proto::RetentionPreview {
        cut_off_time: Some(time::encode(cut_off)),
        removable_count: free,
        held_count: held,
    }
}

/// A run, and its report.
pub(crate) fn run(run: Run) -> proto::RetentionRun {
    proto::RetentionRun {
        run_id: run.id.0.to_string(),
        kind: run.kind.number().into(),
        days: run.days,
        cut_off_time: Some(time::encode(run.cut_off)),
        begin_time: Some(time::encode(run.begun_at)),
        end_time: run.ended_at.map(time::encode),
        removed_count: run.removed,
        held_count: run.held,
        service: service(run.kind).to_owned(),
        problem: run.hindered.map_or(0, |it| it.by.number().into()),
    }
}

fn service(kind: Kind) -> &'static str {
    match kind {
        Kind::Own(_) => crate::NAME,
        Kind::Others(others) => others.service(),
    }
}

/// What is old in another service.
pub(crate) fn old_records(
    others: Others,
    cut_off: Timestamp,
    held: &[Uuid],
) -> privacy::OldRecords {
    privacy::OldRecords {
        store: others.store().to_owned(),
        cut_off_time: Some(time::encode(cut_off)),
        held_customer_ids: held.iter().map(Uuid::to_string).collect(),
    }
}
