//! What all services hold of a person, written as they tell it. Nothing of it is kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::privacy::v1::{DisclosePersonRequest, PersonalRecord};
use contract::patron::profile::v1 as proto;
use disclosure::{Discloser, Records};
use futures_util::StreamExt as _;
use proto::access_file_section::State;
use proto::read_access_file_response::Part;
use tokio::time::timeout;
use tonic::Status;
use uuid::Uuid;

use crate::app::App;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::homes;

/// How long a service may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service that is asked, by its name.
pub(crate) type Asked = (String, Arc<dyn Discloser>);

/// A file on its way.
pub(crate) struct AccessFile {
    head: Option<proto::AccessFileHead>,
    request: DisclosePersonRequest,
    /// Who is still to be asked.
    services: VecDeque<Asked>,
    /// Who tells now.
    telling: Option<Telling>,
    pending: Vec<String>,
    has_ended: bool,
}

struct Telling {
    service: String,
    records: Records,
    count: i64,
}

impl App {
    /// All ids of a person.
    pub(crate) async fn ids_of(
        &self,
        deadline: Deadline,
        customer: CustomerId,
    ) -> Result<Vec<Uuid>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes::homes_of(&mut tx, customer).await?;
        Ok(homes.ok_or_else(refusals::customer_not_found)?.ids())
    }
}

impl AccessFile {
    pub(crate) fn new(mut head: proto::AccessFileHead, services: Vec<Asked>) -> Self {
        head.services = services.iter().map(|(name, _)| name.clone()).collect();
        Self {
            request: DisclosePersonRequest {
                customer_ids: head.customer_ids.clone(),
                provided_only: head.provided_only,
            },
            head: Some(head),
            services: services.into(),
            telling: None,
            pending: Vec::new(),
            has_ended: false,
        }
    }

    /// The next part; `None` after the end.
    pub(crate) async fn next(&mut self) -> Option<Part> {
        if let Some(head) = self.head.take() {
            return Some(Part::Head(head));
        }
        if let Some(telling) = self.telling.take() {
            return Some(self.listen(telling).await);
        }
        if let Some((service, discloser)) = self.services.pop_front() {
            return Some(self.ask(service, discloser.as_ref()).await);
        }
        if self.has_ended {
            return None;
        }
        self.has_ended = true;
        Some(Part::End(proto::AccessFileEnd {
            complete: self.pending.is_empty(),
            pending_services: std::mem::take(&mut self.pending),
        }))
    }

    async fn ask(&mut self, service: String, discloser: &dyn Discloser) -> Part {
        match within(discloser.disclose(self.request.clone())).await {
            Ok(records) => {
                let telling = Telling {
                    service,
                    records,
                    count: 0,
                };
                self.listen(telling).await
            }
            Err(status) => self.give_up(service, 0, &status),
        }
    }

    async fn listen(&mut self, mut telling: Telling) -> Part {
        match within(async { telling.records.next().await.transpose() }).await {
            Ok(Some(record)) => {
                let part = record_of(&telling.service, record);
                telling.count += 1;
                self.telling = Some(telling);
                part
            }
            Ok(None) => section(telling.service, State::Complete, telling.count),
            Err(status) => self.give_up(telling.service, telling.count, &status),
        }
    }

    fn give_up(&mut self, service: String, count: i64, status: &Status) -> Part {
        tracing::warn!(service, code = ?status.code(), "a service can't tell what it holds now");
        self.pending.push(service.clone());
        section(service, State::Unavailable, count)
    }
}

/// An answer, unless it is long in coming.
async fn within<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let silent = |_| Status::deadline_exceeded("the service is silent");
    timeout(PATIENCE, answer).await.map_err(silent)?
}

fn record_of(service: &str, record: PersonalRecord) -> Part {
    Part::Record(proto::AccessFileRecord {
        service: service.to_owned(),
        record: Some(record),
    })
}

fn section(service: String, state: State, record_count: i64) -> Part {
    Part::Section(proto::AccessFileSection {
        service,
        state: state.into(),
        record_count,
    })
}

#[cfg(test)]
mod tests;
