//! `AccessFileService`.

use chassis::Refusal;
use contract::patron::profile::v1 as proto;
use contract::time;
use disclosure::{Disclosers, UnknownDiscloser};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use proto::access_file_service_server::AccessFileService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use crate::app::App;
use crate::app::privacy::access_file::{AccessFile, Asked};
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::erasure::SERVICES;
use crate::wire;

/// The server of `AccessFileService`.
#[derive(Clone, Debug)]
pub(crate) struct AccessFiles {
    pub(crate) app: App,
    /// Every service that holds something of people.
    pub(crate) services: Disclosers,
}

#[tonic::async_trait]
impl AccessFileService for AccessFiles {
    type ReadAccessFileStream = BoxStream<'static, Result<proto::ReadAccessFileResponse, Status>>;

    async fn read_access_file(
        &self,
        request: Request<proto::ReadAccessFileRequest>,
    ) -> Result<Response<Self::ReadAccessFileStream>, Status> {
        let deadline = deadline(&request);
        let request = request.into_inner();
        let customer =
            wire::customer_id("customer_id", &request.customer_id).map_err(Refusal::from)?;
        let services = self.asked(&request.services)?;
        let ids = self.app.ids_of(deadline, customer).await?;
        let head = proto::AccessFileHead {
            customer_ids: ids.iter().map(Uuid::to_string).collect(),
            create_time: Some(time::timestamp(self.app.now())),
            services: Vec::new(),
            provided_only: request.provided_only,
        };
        let parts = unfold(AccessFile::new(head, services), |mut file| async {
            let part = Some(file.next().await?);
            Some((Ok(proto::ReadAccessFileResponse { part }), file))
        });
        Ok(Response::new(parts.boxed()))
    }
}

impl AccessFiles {
    /// The services that are wanted; all, when none is named.
    fn asked(&self, wanted: &[String]) -> Result<Vec<Asked>, Refusal> {
        if let Some(at) = wanted
            .iter()
            .position(|it| !SERVICES.contains(&it.as_str()))
        {
            return Err(Invalid::new(format!("services[{at}]"), Problem::UnknownService).into());
        }
        let is_wanted = |name: &&str| wanted.is_empty() || wanted.iter().any(|it| it == name);
        let asked = SERVICES.into_iter().filter(is_wanted);
        let asked = asked.map(|name| Ok((name.to_owned(), self.services.get(name)?)));
        let asked: Result<_, UnknownDiscloser> = asked.collect();
        asked.map_err(Refusal::internal)
    }
}
