//! Loyalty programs: decode, call, encode.

mod refusals;

use ::contract::patron::r#type::v1::ErrorReason as Common;
use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::program_service_server::ProgramService;
use jiff::Timestamp;
use tonic::{Code, Request, Response, Status};

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::Loyalty;
use crate::app::{Call, programs as app};
use crate::store;
use crate::wire::programs as encode;

pub(super) use refusals::refused;

const LIST: &str = "patron.loyalty.v1.ProgramService/ListPrograms";
const LIST_VERSIONS: &str = "patron.loyalty.v1.ProgramService/ListProgramVersions";

/// Loyalty programs.
pub(crate) struct Programs {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl ProgramService for Programs {
    async fn list_programs(
        &self,
        request: Request<contract::ListProgramsRequest>,
    ) -> Result<Response<contract::ListProgramsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST, "");
        let after = pages.start::<String>(&request.page_token)?;
        let size = size(request.page_size);
        let page = app::read::programs(&self.loyalty, after.as_deref(), size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|program| &program.program_id))?;
        Ok(Response::new(contract::ListProgramsResponse {
            programs: page.rows,
            next_page_token,
        }))
    }

    async fn get_program(
        &self,
        request: Request<contract::GetProgramRequest>,
    ) -> Result<Response<contract::Program>, Status> {
        let program = app::read::program(&self.loyalty, &request.get_ref().program_id).await;
        Ok(Response::new(program.map_err(refuse)?))
    }

    async fn create_program(
        &self,
        request: Request<contract::CreateProgramRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let call = Call::of(&request)?;
        app::create::create(&self.loyalty, &call, request.into_inner()).await
    }

    async fn list_program_versions(
        &self,
        request: Request<contract::ListProgramVersionsRequest>,
    ) -> Result<Response<contract::ListProgramVersionsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_VERSIONS, &request.program_id);
        let before = pages.start::<i64>(&request.page_token)?;
        let size = size(request.page_size);
        let page = app::read::versions(&self.loyalty, &request.program_id, before, size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|version| version.version))?;
        Ok(Response::new(contract::ListProgramVersionsResponse {
            program_versions: page.rows,
            next_page_token,
        }))
    }

    async fn get_program_version(
        &self,
        request: Request<contract::GetProgramVersionRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let request = request.into_inner();
        let (program_id, version) = (&request.program_id, request.version);
        let version = app::read::version(&self.loyalty, program_id, version).await;
        Ok(Response::new(version.map_err(refuse)?))
    }

    async fn create_program_version(
        &self,
        request: Request<contract::CreateProgramVersionRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let call = Call::of(&request)?;
        app::draft::create(&self.loyalty, &call, request.into_inner()).await
    }

    async fn update_program_version(
        &self,
        request: Request<contract::UpdateProgramVersionRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let call = Call::of(&request)?;
        app::draft::update(&self.loyalty, &call, request.into_inner()).await
    }

    async fn delete_program_version(
        &self,
        request: Request<contract::DeleteProgramVersionRequest>,
    ) -> Result<Response<contract::DeleteProgramVersionResponse>, Status> {
        let call = Call::of(&request)?;
        app::draft::delete(&self.loyalty, &call, request.into_inner()).await
    }

    async fn validate_program_document(
        &self,
        request: Request<contract::ValidateProgramDocumentRequest>,
    ) -> Result<Response<contract::ValidateProgramDocumentResponse>, Status> {
        let request = request.into_inner();
        let document = request.document.as_ref();
        let problems = app::read::problems(&self.loyalty, document, &request.program_id).await;
        Ok(Response::new(encode::validated(&problems.map_err(refuse)?)))
    }

    async fn preview_program_version(
        &self,
        request: Request<contract::PreviewProgramVersionRequest>,
    ) -> Result<Response<contract::ProgramPreview>, Status> {
        let request = request.into_inner();
        let (program_id, version) = (&request.program_id, request.version);
        let preview = app::preview::preview(&self.loyalty, program_id, version).await;
        Ok(Response::new(preview.map_err(refuse)?))
    }

    async fn activate_program_version(
        &self,
        request: Request<contract::ActivateProgramVersionRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let active_from = instant(request.active_time.as_ref())?;
        app::activate::activate(&self.loyalty, &call, request, active_from).await
    }

    async fn cancel_program_activation(
        &self,
        request: Request<contract::CancelProgramActivationRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let call = Call::of(&request)?;
        app::cancel::cancel(&self.loyalty, &call, request.into_inner()).await
    }

    async fn revert_program(
        &self,
        request: Request<contract::RevertProgramRequest>,
    ) -> Result<Response<contract::ProgramVersion>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let active_from = instant(request.active_time.as_ref())?;
        app::revert::revert(&self.loyalty, &call, request, active_from).await
    }
}

impl Programs {
    fn list<'a>(&'a self, method: &'static str, of: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of,
            filter: "",
        }
    }
}

/// The instant of an activation, cut to what the database keeps.
fn instant(time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, Refusal> {
    let Some(time) = time else {
        return Ok(None);
    };
    let instant = ::contract::time::instant(time).map(store::kept);
    instant.map(Some).ok_or_else(|| {
        let message = "the request breaks the contract";
        Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message)
            .field("active_time", "must be an instant of the years 1 to 9999")
    })
}
