//! Liability reports.

mod compute;

use ::contract::time::instant;
use contract::patron::loyalty::v1 as contract;
use prost::Message as _;
use tonic::{Response, Status};
use uuid::Uuid;

use super::runs::{self, Asked, RunError, Runs};
use super::{Call, Loyalty};
use crate::store::runs::Kind;
use crate::wire;

pub(crate) use compute::compute;

const METHOD: &str = "patron.loyalty.v1.LiabilityService/CreateLiabilityReport";

/// Begins a report.
pub(crate) async fn create(
    loyalty: &Loyalty,
    runs: &Runs,
    call: &Call,
    request: contract::CreateLiabilityReportRequest,
) -> Result<Response<contract::LiabilityReport>, Status> {
    let asked = request.liability_report.clone().unwrap_or_default();
    let asked = sound(loyalty, asked)
        .await
        .map_err(chassis::Refusal::from)?;
    let begun = runs.create(
        loyalty,
        call,
        (METHOD, &request.request_id, &request),
        asked,
        wire::liability::report,
    );
    begun.await
}

/// One report.
pub(crate) async fn find(
    loyalty: &Loyalty,
    program_id: &str,
    report_id: Uuid,
) -> Result<contract::LiabilityReport, RunError> {
    let run = runs::find(loyalty, Kind::LiabilityReport, program_id, report_id).await?;
    Ok(wire::liability::report(run)?)
}

/// What is asked for, with the point currency named; or why there can be no such report.
async fn sound(loyalty: &Loyalty, asked: contract::LiabilityReport) -> Result<Asked, RunError> {
    let start = asked.period_start_time.as_ref().and_then(instant);
    let end = asked.period_end_time.as_ref().and_then(instant);
    if start.zip(end).is_some_and(|(start, end)| end < start) {
        return Err(RunError::Period);
    }
    let program = runs::program(loyalty, &asked.program_id).await?;
    let wallet = runs::wallet(&program.document, &asked.wallet_id)?;
    let request = contract::LiabilityReport {
        program_id: asked.program_id.clone(),
        wallet_id: wallet.wallet_id.to_string(),
        period_start_time: asked.period_start_time,
        period_end_time: asked.period_end_time,
        ..contract::LiabilityReport::default()
    };
    Ok(Asked {
        kind: Kind::LiabilityReport,
        program_id: asked.program_id,
        request: request.encode_to_vec(),
    })
}
