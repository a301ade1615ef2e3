//! `ImportService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::import_service_server::ImportService;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::imports::NEWEST;
use crate::domain::ids::ImportId;
use crate::domain::imports::Import;
use crate::domain::invalid::{Invalid, Problem};
use crate::store::imports::errors::FailedRow;
use crate::wire;

const LIST: &str = "patron.profile.v1.ImportService/ListImports";
const LIST_ERRORS: &str = "patron.profile.v1.ImportService/ListImportErrors";

/// The server of `ImportService`.
#[derive(Clone, Debug)]
pub(crate) struct Imports {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl ImportService for Imports {
    async fn create_import(
        &self,
        request: Request<proto::CreateImportRequest>,
    ) -> Result<Response<proto::Import>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.import.clone().unwrap_or_default();
        let plan = wire::imports::plan(sent, self.app.now());
        let plan = plan.map_err(|invalid| Refusal::from(invalid.within("import")))?;
        self.app
            .create_import(&caller, deadline, &request, plan)
            .await
    }

    async fn upload_import(
        &self,
        request: Request<Streaming<proto::UploadImportRequest>>,
    ) -> Result<Response<proto::Import>, Status> {
        let deadline = deadline(&request);
        let mut pieces = request.into_inner();
        let first = pieces.message().await?;
        let first =
            first.ok_or_else(|| Refusal::from(Invalid::new("import_id", Problem::Missing)))?;
        let id = import_id(&first.import_id)?;
        let more = first.more;
        let (import, upload) = self.app.resume_import(deadline, id, first.offset).await?;
        let Some(mut upload) = upload else {
            return Ok(Response::new(wire::imports::encode(import)));
        };
        let mut piece = Some(first);
        while let Some(sent) = piece {
            let data = sent.data.unwrap_or_default().data;
            upload.take(&data).await?;
            // A stream that breaks off is no end of the file: what is not whole is not taken in.
            piece = pieces.message().await?;
        }
        let import = upload.finish(!more).await?;
        Ok(Response::new(wire::imports::encode(import)))
    }

    async fn get_import(
        &self,
        request: Request<proto::GetImportRequest>,
    ) -> Result<Response<proto::Import>, Status> {
        let deadline = deadline(&request);
        let id = import_id(&request.get_ref().import_id)?;
        let import = self.app.import(deadline, id).await?;
        Ok(Response::new(wire::imports::encode(import)))
    }

    async fn list_imports(
        &self,
        request: Request<proto::ListImportsRequest>,
    ) -> Result<Response<proto::ListImportsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let scope = Scope {
            method: LIST,
            filters: &[],
        };
        let before = self.pages.decode::<Uuid>(scope, &request.page_token)?;
        let before = before.map_or(NEWEST, ImportId);
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let page = self.app.imports(deadline, before, size).await?;
        let place = |import: &Import| import.id.0;
        let (imports, next_page_token) =
            answer(&self.pages, scope, page, place, wire::imports::encode)?;
        Ok(Response::new(proto::ListImportsResponse {
            imports,
            next_page_token,
        }))
    }

    async fn list_import_errors(
        &self,
        request: Request<proto::ListImportErrorsRequest>,
    ) -> Result<Response<proto::ListImportErrorsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let id = import_id(&request.import_id)?;
        let scope = Scope {
            method: LIST_ERRORS,
            filters: &[&request.import_id],
        };
        let after = self.pages.decode::<i64>(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let place = (id, after.unwrap_or_default());
        let page = self.app.import_errors(deadline, place, size).await?;
        let place = |failed: &FailedRow| failed.row;
        let (errors, next_page_token) =
            answer(&self.pages, scope, page, place, wire::imports::failed)?;
        Ok(Response::new(proto::ListImportErrorsResponse {
            errors,
            next_page_token,
        }))
    }

    async fn undo_import(
        &self,
        request: Request<proto::UndoImportRequest>,
    ) -> Result<Response<proto::Import>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let id = import_id(&request.import_id)?;
        self.app.undo_import(&caller, deadline, &request, id).await
    }
}

fn import_id(text: &str) -> Result<ImportId, Refusal> {
    Ok(wire::imports::import_id(text)?)
}
