//! `InteractionService`.

use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use prost::Message as _;
use proto::interaction_service_server::InteractionService;
use tokio::time::timeout_at;
use tonic::{Request, Response, Status, Streaming};

use crate::app::App;
use crate::app::interactions::{Item, Verdict};
use crate::metrics::Intake;
use crate::{refusals, wire};

/// Most interactions of a batch.
const MOST_ITEMS: usize = 1_000;
/// How long those that came wait for more.
const MOST_WAIT: Duration = Duration::from_millis(100);
/// Time for a batch: the stream may have none of its own.
const TIME: Duration = Duration::from_secs(30);
/// So many refusals are told.
const MOST_REFUSALS: usize = 100;

/// The server of `InteractionService`.
#[derive(Clone, Debug)]
pub(crate) struct Interactions {
    pub(crate) app: App,
    pub(crate) metrics: Intake,
}

/// A stream on its way.
struct Recording {
    server: Interactions,
    /// With their places in the stream.
    places: Vec<i64>,
    items: Vec<Item>,
    next: i64,
    answer: proto::RecordInteractionsResponse,
}

#[tonic::async_trait]
impl InteractionService for Interactions {
    async fn record_interactions(
        &self,
        request: Request<Streaming<proto::RecordInteractionsRequest>>,
    ) -> Result<Response<proto::RecordInteractionsResponse>, Status> {
        let mut sent = request.into_inner();
        let mut recording = Recording {
            server: self.clone(),
            places: Vec::new(),
            items: Vec::new(),
            next: 0,
            answer: proto::RecordInteractionsResponse::default(),
        };
        while let Some(first) = sent.message().await? {
            recording.add(first);
            let is_over = recording.gather(&mut sent).await?;
            recording.flush().await?;
            if is_over {
                break;
            }
        }
        Ok(Response::new(recording.answer))
    }
}

impl Recording {
    /// Takes what comes until it is a batch, or has waited long enough; true at the end of the stream.
    async fn gather(
        &mut self,
        sent: &mut Streaming<proto::RecordInteractionsRequest>,
    ) -> Result<bool, Status> {
        let until = Deadline::after(MOST_WAIT).instant();
        while self.items.len() < MOST_ITEMS {
            match timeout_at(until, sent.message()).await {
                Ok(Ok(Some(next))) => self.add(next),
                Ok(Ok(None)) => return Ok(true),
                Ok(Err(status)) => return Err(status),
                Err(_) => return Ok(false),
            }
        }
        Ok(false)
    }

    fn add(&mut self, sent: proto::RecordInteractionsRequest) {
        let index = self.next;
        self.next = index.saturating_add(1);
        let app = &self.server.app;
        match wire::interactions::decode(sent, (app.now(), app.country)) {
            Ok(item) => {
                self.places.push(index);
                self.items.push(item);
            }
            Err(refusal) => {
                self.server.metrics.count_interactions("unknown", "refused");
                self.refuse(index, &refusal);
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Refusal> {
        let items = std::mem::take(&mut self.items);
        let places = std::mem::take(&mut self.places);
        if items.is_empty() {
            return Ok(());
        }
        let deadline = Deadline::after(TIME);
        let verdicts = self
            .server
            .app
            .record_interactions(deadline, &items)
            .await?;
        for ((place, (_, it)), verdict) in places.into_iter().zip(&items).zip(verdicts) {
            let outcome = self.count(place, verdict);
            self.server
                .metrics
                .count_interactions(it.kind.name(), outcome);
        }
        Ok(())
    }

    fn count(&mut self, index: i64, verdict: Verdict) -> &'static str {
        let answer = &mut self.answer;
        let refusal = match verdict {
            Verdict::Recorded => {
                answer.recorded_count = answer.recorded_count.saturating_add(1);
                return "recorded";
            }
            Verdict::AlreadyRecorded => {
                let count = answer.already_recorded_count;
                answer.already_recorded_count = count.saturating_add(1);
                return "already_recorded";
            }
            Verdict::Conflict => refusals::interaction_conflict(),
            Verdict::Refused(refused) => refusals::refused(&refused),
        };
        self.refuse(index, &refusal);
        "refused"
    }

    fn refuse(&mut self, index: i64, refusal: &Refusal) {
        let answer = &mut self.answer;
        answer.refused_count = answer.refused_count.saturating_add(1);
        if answer.refusals.len() < MOST_REFUSALS {
            let error = tonic_types::Status::decode(refusal.to_stored()).ok();
            answer
                .refusals
                .push(proto::InteractionRefusal { index, error });
        }
    }
}
