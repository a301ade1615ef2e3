//! What is older than it has to be kept is removed, some thousand rows in a transaction.
//!
//! A run is a row that any replica goes on with: how far it came and what it removed is one transaction, so it can
//! be stopped anywhere. What other services have they remove themselves ([`elsewhere`]).

pub(crate) mod elsewhere;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use retention::Removers;
use sqlx::PgTransaction;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};

use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::privacy::retention::run::{Run, RunId};
use crate::domain::privacy::retention::{Kind, Own, Rule, cut_off};
use crate::store::StoreError;
use crate::store::privacy::retention::{self as store, remove};
use crate::store::segments::evaluations;
use crate::wire::retention as wire;

const SET: &str = "patron.profile.v1.RetentionService/SetRetentionRule";

/// How often is looked whether a run is due.
const POLL: Duration = Duration::from_secs(1);
/// Rows in one transaction: nobody can put a legal hold on anybody meanwhile.
const BATCH: i64 = 5_000;

impl App {
    /// How long each kind is kept.
    pub(crate) async fn retention_rules(&self, deadline: Deadline) -> Result<Vec<Rule>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let known = store::rules(&mut tx).await?;
        let rule = |kind| {
            let unset = || Rule {
                kind,
                days: 0,
                updated: None,
            };
            let set = known.iter().find(|rule| rule.kind == kind);
            set.cloned().unwrap_or_else(unset)
        };
        Ok(Kind::ALL.map(rule).into())
    }

    /// Says how long a kind is kept, once per `request_id`.
    pub(crate) async fn set_retention_rule(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::SetRetentionRuleRequest,
        (kind, days): (Kind, i32),
    ) -> Result<Response<proto::RetentionRule>, Status> {
        let key = Key::new(caller, SET, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let now = self.now();
                let put = store::put_rule(claimed.transaction(), (kind, days), caller, now).await;
                let rule = Rule {
                    kind,
                    days,
                    updated: Some((caller.to_owned(), now)),
                };
                let outcome = put.map(|()| wire::rule(rule)).map_err(Refusal::from);
                claimed.finish(outcome).await
            }
        }
    }

    /// What a rule would remove now.
    pub(crate) async fn preview_retention(
        &self,
        removers: &Removers,
        deadline: Deadline,
        (kind, days): (Kind, i32),
    ) -> Result<proto::RetentionPreview, Refusal> {
        let cut_off = cut_off(self.now(), days);
        let counts = match kind {
            Kind::Own(own) => {
                let mut tx = self.snapshot(deadline).await?;
                remove::count(&mut tx, own, cut_off).await?
            }
            Kind::Others(others) => {
                let service = removers.get(others.service());
                self.count_elsewhere(service, deadline, others, cut_off)
                    .await?
            }
        };
        Ok(wire::preview(cut_off, counts))
    }

    /// Runs, the latest first.
    pub(crate) async fn retention_runs(
        &self,
        deadline: Deadline,
        before: RunId,
        size: u16,
    ) -> Result<Page<Run>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let found = store::list(&mut tx, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// Removes what is due until the service stops.
    pub(crate) async fn keep_retaining(self, removers: Removers, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.retain_some(&removers).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "what is old could not be removed; it is tried again");
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }

    /// Goes on with a run, or begins those that are due; false when there is nothing to do.
    async fn retain_some(&self, removers: &Removers) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(mut run) = store::lock_open(&mut tx, self.now()).await? else {
            let has_begun = self.begin_runs(&mut tx).await?;
            tx.commit().await?;
            return Ok(has_begun);
        };
        match run.kind {
            Kind::Own(own) => {
                let before = run;
                self.advance_run(&mut tx, own, &mut run).await?;
                store::put_run(&mut tx, &before, &run).await?;
                tx.commit().await?;
            }
            Kind::Others(others) => {
                let service = removers.get(others.service());
                self.remove_elsewhere(tx, service, others, run).await?;
            }
        }
        Ok(true)
    }

    async fn begin_runs(&self, tx: &mut PgTransaction<'_>) -> Result<bool, StoreError> {
        let mut has_begun = false;
        for rule in store::rules(tx).await? {
            let last = store::last_begun(tx, rule.kind).await?;
            let id = RunId(self.clock.new_id());
            if let Some(run) = rule.run(last, id, self.now()) {
                has_begun |= store::begin(tx, &run).await?;
            }
        }
        Ok(has_begun)
    }

    /// Removes a month or a batch; ends the run when there is nothing left to remove.
    async fn advance_run(
        &self,
        tx: &mut PgTransaction<'_>,
        own: Own,
        run: &mut Run,
    ) -> Result<(), StoreError> {
        let now = self.now();
        remove::keep_holds(tx).await?;
        if own == Own::Interactions
            && let Some(gone) = remove::month(tx, run.cut_off, now).await?
        {
            run.removed = run.removed.saturating_add(gone);
            return Ok(());
        }
        let removed = remove::batch(tx, own, run.cut_off, BATCH).await?;
        run.removed = run.removed.saturating_add(removed.rows);
        if !removed.people.is_empty() {
            evaluations::mark(tx, &removed.people, now).await?;
        }
        if removed.rows == 0 {
            (_, run.held) = remove::count(tx, own, run.cut_off).await?;
            run.ended_at = Some(now);
        }
        Ok(())
    }
}
