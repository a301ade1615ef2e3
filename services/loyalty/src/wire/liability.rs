//! Liability reports.

use ::contract::patron::r#type::v1::Money as WireMoney;
use ::contract::time::timestamp;
use contract::patron::loyalty::v1 as contract;
use prost::{DecodeError, Message as _};

use crate::domain::liability::{BackTest, Estimate, Line, Report, RollForward};
use crate::domain::program::PointValue;
use crate::domain::{LedgerError, Points};
use crate::store::runs::{Run, State};

/// A report as it stands.
pub(crate) fn report(run: Run) -> Result<contract::LiabilityReport, DecodeError> {
    let stored = run.result.as_ref().unwrap_or(&run.request);
    let report = contract::LiabilityReport::decode(stored.as_slice())?;
    Ok(contract::LiabilityReport {
        report_id: run.run_id.to_string(),
        status: Some(status(run)),
        ..report
    })
}

/// Where a piece of background work stands.
pub(crate) fn status(run: Run) -> contract::RunStatus {
    use contract::run_status::State as Wire;
    let state = match run.state {
        State::Queued => Wire::Queued,
        State::Running => Wire::Running,
        State::Succeeded => Wire::Succeeded,
        State::Failed => Wire::Failed,
    };
    let failure = run.failure;
    contract::RunStatus {
        state: state.into(),
        holders_done: run.holders_done,
        error_reason: failure
            .as_ref()
            .map(|f| f.reason.clone())
            .unwrap_or_default(),
        error_message: failure.map(|f| f.message).unwrap_or_default(),
        create_time: Some(timestamp(run.created_at)),
        start_time: run.started_at.map(timestamp),
        end_time: run.ended_at.map(timestamp),
    }
}

/// A report that has been made, under what was asked for.
pub(crate) fn made(
    asked: contract::LiabilityReport,
    report: &Report,
    (breakage, tests): (&Estimate, &[BackTest]),
    value: Option<PointValue>,
) -> Result<contract::LiabilityReport, LedgerError> {
    let closing_value = value
        .map(|value| closing_value(report, value))
        .transpose()?;
    let difference = report.difference.as_ref().map(ToString::to_string);
    Ok(contract::LiabilityReport {
        total: Some(roll_forward(&report.total)),
        debt: Some(roll_forward(&report.debt)),
        cohorts: report.lines.iter().map(cohort).collect(),
        closing_value,
        balanced: difference.is_none(),
        difference: difference.unwrap_or_default(),
        breakage: Some(estimate(breakage, tests)),
        holder_count: report.holders,
        entry_count: report.entries,
        ..asked
    })
}

/// What the points of all cohorts are worth.
fn closing_value(report: &Report, value: PointValue) -> Result<WireMoney, LedgerError> {
    let points = report.total.closing.minus(report.debt.closing)?;
    Ok(WireMoney {
        currency_code: value.money.currency.to_string(),
        amount_minor: worth(points, Some(value))?,
    })
}

/// What points are worth in minor units of money, rounded down; 0 where they are not valued.
pub(crate) fn worth(points: Points, value: Option<PointValue>) -> Result<i64, LedgerError> {
    let Some(value) = value else {
        return Ok(0);
    };
    let exact = i128::from(points.get()) * i128::from(value.money.minor);
    let rounded = exact.checked_div_euclid(i128::from(value.points.get()));
    let rounded = rounded.and_then(|minor| i64::try_from(minor).ok());
    rounded.ok_or(LedgerError::Overflow)
}

fn roll_forward(sum: &RollForward) -> contract::RollForward {
    contract::RollForward {
        opening: sum.opening.get(),
        issued: sum.issued.get(),
        clawed_back: sum.clawed_back.get(),
        redeemed: sum.redeemed.get(),
        restored: sum.restored.get(),
        expired: sum.expired.get(),
        adjusted: sum.adjusted.get(),
        transferred: sum.transferred.get(),
        debt_repaid: sum.debt_repaid.get(),
        closing: sum.closing.get(),
    }
}

fn cohort(line: &Line) -> contract::Cohort {
    contract::Cohort {
        month: line.cohort.month.to_string(),
        funding_partner: line.cohort.funding_partner.clone().unwrap_or_default(),
        movements: Some(roll_forward(&line.movements)),
        closing_cost_minor: line.closing_cost_minor,
    }
}

fn estimate(breakage: &Estimate, tests: &[BackTest]) -> contract::BreakageEstimate {
    contract::BreakageEstimate {
        outstanding: breakage.outstanding.get(),
        expected: breakage.breakage.expected.get(),
        lower: breakage.breakage.lower.get(),
        upper: breakage.breakage.upper.get(),
        without_evidence: breakage.without_evidence.get(),
        back_tests: tests.iter().map(back_test).collect(),
    }
}

fn back_test(test: &BackTest) -> contract::BackTest {
    contract::BackTest {
        month: test.month.to_string(),
        outstanding: test.outstanding.get(),
        expected_redeemed: test.redeemed.expected.get(),
        lower: test.redeemed.lower.get(),
        upper: test.redeemed.upper.get(),
        actual_redeemed: test.actual.get(),
    }
}
