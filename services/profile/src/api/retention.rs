//! `RetentionService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::retention_service_server::RetentionService;
use retention::Removers;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::retention::Kind;
use crate::domain::privacy::retention::run::{Run, RunId};
use crate::wire::retention as wire;

const RUNS: &str = "patron.profile.v1.RetentionService/ListRetentionRuns";

/// The server of `RetentionService`.
#[derive(Clone, Debug)]
pub(crate) struct Retention {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
    /// The services that hold data of other kinds.
    pub(crate) removers: Removers,
}

#[tonic::async_trait]
impl RetentionService for Retention {
    async fn list_retention_rules(
        &self,
        request: Request<proto::ListRetentionRulesRequest>,
    ) -> Result<Response<proto::ListRetentionRulesResponse>, Status> {
        let rules = self.app.retention_rules(deadline(&request)).await?;
        let rules = rules.into_iter().map(wire::rule).collect();
        Ok(Response::new(proto::ListRetentionRulesResponse { rules }))
    }

    async fn set_retention_rule(
        &self,
        request: Request<proto::SetRetentionRuleRequest>,
    ) -> Result<Response<proto::RetentionRule>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let rule = rule(request.kind(), request.days)?;
        self.app
            .set_retention_rule(&caller, deadline, &request, rule)
            .await
    }

    async fn preview_retention(
        &self,
        request: Request<proto::PreviewRetentionRequest>,
    ) -> Result<Response<proto::RetentionPreview>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let rule = rule(request.kind(), request.days)?;
        let preview = self.app.preview_retention(&self.removers, deadline, rule);
        let preview = preview.await?;
        Ok(Response::new(preview))
    }

    async fn list_retention_runs(
        &self,
        request: Request<proto::ListRetentionRunsRequest>,
    ) -> Result<Response<proto::ListRetentionRunsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let scope = Scope {
            method: RUNS,
            filters: &[],
        };
        let before = self.pages.decode::<Uuid>(scope, &request.page_token)?;
        let before = RunId(before.unwrap_or(Uuid::max()));
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let page = self.app.retention_runs(deadline, before, size).await?;
        let place = |run: &Run| run.id.0;
        let (runs, next_page_token) = answer(&self.pages, scope, page, place, wire::run)?;
        Ok(Response::new(proto::ListRetentionRunsResponse {
            runs,
            next_page_token,
        }))
    }
}

fn rule(kind: proto::RetentionKind, days: i32) -> Result<(Kind, i32), Refusal> {
    let kind = wire::kind("kind", kind)?;
    if kind.allows(days) {
        Ok((kind, days))
    } else {
        Err(Invalid::new("days", Problem::TooFewDays).into())
    }
}
