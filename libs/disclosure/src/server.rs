//! `DisclosureService`: table by table, page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use chassis::Refusal;
use contract::patron::privacy::v1::disclosure_service_server::DisclosureService;
use contract::patron::privacy::v1::{
    DisclosePersonRequest, DisclosePersonResponse, Origin, PersonalRecord,
};
use contract::patron::r#type::v1::ErrorReason;
use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;
use postgres::{Database, DatabaseError};
use serde_json::Value;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::open::Opener;
use crate::others::{Discloser, Records};
use crate::row::told;
use crate::shape::{Kind, Shape};
use crate::store::{self, Table};

/// Tells what one service holds. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DisclosureServer {
    db: Database,
    shape: &'static Shape,
    opener: Option<Arc<dyn Opener>>,
}

/// A disclosure on its way.
struct Disclosure {
    server: DisclosureServer,
    ids: Vec<Uuid>,
    /// Those that are still to be read, the next one first.
    tables: VecDeque<(Table, Kind)>,
    /// The place of the last row in the first of them.
    after: Vec<String>,
    page: VecDeque<PersonalRecord>,
}

impl DisclosureServer {
    /// Of a service whose tables are in `db`.
    #[must_use]
    pub fn new(db: Database, shape: &'static Shape) -> Self {
        Self {
            db,
            shape,
            opener: None,
        }
    }

    /// The same, where columns are sealed.
    #[must_use]
    pub fn opening(self, opener: Arc<dyn Opener>) -> Self {
        Self {
            opener: Some(opener),
            ..self
        }
    }

    /// A row as it is told.
    fn tell(&self, table: &Table, kind: &Kind, mut row: Value) -> Result<PersonalRecord, Refusal> {
        if let (Some(opener), Value::Object(columns)) = (&self.opener, &mut row) {
            let opened = opener.open(&table.name, columns);
            opened.map_err(Refusal::internal)?;
        }
        Ok(told(self.shape, table, kind, row))
    }

    async fn begin(&self, request: &DisclosePersonRequest) -> Result<Disclosure, Refusal> {
        let ids = request.customer_ids.iter().map(|id| Uuid::try_parse(id));
        let ids: Result<Vec<Uuid>, _> = ids.collect();
        let tables = store::tables(self.db.pool()).await.map_err(refuse)?;
        let told = tables.into_iter().flat_map(|table| {
            let has_customer = table.columns.contains_key("customer_id");
            let kinds = self.shape.kinds(&table.name, has_customer);
            kinds.into_iter().map(move |kind| (table.clone(), kind))
        });
        let is_wanted = |kind: &Kind| !request.provided_only || kind.origin == Origin::Provided;
        let told = told.filter(|(_, kind)| is_wanted(kind));
        Ok(Disclosure {
            server: self.clone(),
            ids: ids.map_err(|_| no_id())?,
            tables: told.collect(),
            after: Vec::new(),
            page: VecDeque::new(),
        })
    }
}

impl Disclosure {
    async fn next(&mut self) -> Result<Option<PersonalRecord>, Refusal> {
        loop {
            if let Some(record) = self.page.pop_front() {
                return Ok(Some(record));
            }
            let Some((table, kind)) = self.tables.front() else {
                return Ok(None);
            };
            let pool = self.server.db.pool();
            let rows = store::rows(pool, table, kind, &self.ids, &self.after).await;
            let rows = rows.map_err(refuse)?;
            if let Some((_, last)) = rows.last() {
                self.after.clone_from(last);
                let records = rows
                    .into_iter()
                    .map(|(row, _)| self.server.tell(table, kind, row));
                self.page = records.collect::<Result<_, _>>()?;
            } else {
                self.after.clear();
                self.tables.pop_front();
            }
        }
    }
}

#[async_trait::async_trait]
impl Discloser for DisclosureServer {
    async fn disclose(&self, request: DisclosePersonRequest) -> Result<Records, Status> {
        let disclosure = self.begin(&request).await?;
        let records = try_unfold(disclosure, |mut disclosure| async {
            let next = disclosure.next().await.map_err(Status::from)?;
            Ok(next.map(|record| (record, disclosure)))
        });
        Ok(records.boxed())
    }
}

#[async_trait::async_trait]
impl DisclosureService for DisclosureServer {
    type DisclosePersonStream =
        futures_util::stream::BoxStream<'static, Result<DisclosePersonResponse, Status>>;

    async fn disclose_person(
        &self,
        request: Request<DisclosePersonRequest>,
    ) -> Result<Response<Self::DisclosePersonStream>, Status> {
        let records = self.disclose(request.into_inner()).await?;
        let answers = records.map(|record| {
            let record = Some(record?);
            Ok(DisclosePersonResponse { record })
        });
        Ok(Response::new(answers.boxed()))
    }
}

fn no_id() -> Refusal {
    let message = "the request breaks the contract";
    Refusal::new(Code::InvalidArgument, ErrorReason::InvalidArgument, message)
        .field("customer_ids", "must be UUIDs")
}

#[track_caller]
fn refuse(error: DatabaseError) -> Refusal {
    if error.is_unavailable() || error.is_timeout() {
        tracing::warn!(%error, "a person can't be told about now");
        let message = "the database can't do it now; try again";
        return Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message);
    }
    Refusal::internal(error)
}
