//! How good what is known of customers is.

use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::DataProblem;
use proto::data_quality::Finding as WireFinding;
use proto::data_quality_summary::Share as WireShare;

use super::time;
use crate::domain::customer::Customer;
use crate::domain::field::Field;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem as Wrong};
use crate::domain::quality::summary::{Kind, Share, Summary};
use crate::domain::quality::{Finding, Problem, Quality, oldest_confirmation};

/// What can be confirmed.
const CONFIRMED: [Field; 2] = [Field::Identifiers, Field::PostalAddress];

/// The fields that are confirmed: those that are named, else all that can be.
pub(crate) fn fields(named: &[String]) -> Result<Vec<Field>, Invalid> {
    if named.is_empty() {
        return Ok(CONFIRMED.to_vec());
    }
    let field = |(at, name): (usize, &String)| {
        let field = Field::named(name).filter(|field| CONFIRMED.contains(field));
        field.ok_or_else(|| Invalid::new(format!("fields[{at}]"), Wrong::NotConfirmable))
    };
    named.iter().enumerate().map(field).collect()
}

/// How good the record of a customer is.
pub(crate) fn encode(customer: &Customer, quality: Quality) -> proto::DataQuality {
    proto::DataQuality {
        customer_id: customer.id.0.to_string(),
        completeness: quality.completeness,
        validity: quality.validity,
        findings: quality.findings.into_iter().map(finding).collect(),
        confirm_time: oldest_confirmation(customer).map(time::encode),
    }
}

fn finding(finding: Finding) -> WireFinding {
    let since = match finding.problem {
        Problem::Stale { since } => Some(time::encode(since)),
        _ => None,
    };
    WireFinding {
        field: finding.field,
        problem: problem(finding.problem.into()).into(),
        since_time: since,
    }
}

fn problem(kind: Kind) -> DataProblem {
    match kind {
        Kind::Missing => DataProblem::Missing,
        Kind::Invalid => DataProblem::Invalid,
        Kind::Unassigned => DataProblem::Unassigned,
        Kind::Placeholder => DataProblem::Placeholder,
        Kind::Stale => DataProblem::Stale,
    }
}

/// Somebody who should be asked.
pub(crate) fn stale((id, confirmed): (CustomerId, Timestamp)) -> proto::StaleCustomer {
    proto::StaleCustomer {
        customer_id: id.0.to_string(),
        confirm_time: Some(time::encode(confirmed)),
    }
}

/// How good all records are.
pub(crate) fn summary(summary: Summary) -> proto::DataQualitySummary {
    let share = |share: Share| WireShare {
        field: share.group.to_owned(),
        problem: problem(share.problem).into(),
        permille: share.permille,
    };
    proto::DataQualitySummary {
        sample_size: summary.size,
        margin_permille: summary.margin_permille,
        completeness: summary.completeness,
        validity: summary.validity,
        shares: summary.shares.into_iter().map(share).collect(),
    }
}
