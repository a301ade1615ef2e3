use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::complaints::v1::case_service_server::CaseService;
use contract::patron::complaints::v1::{
    Case, CaseMessage, CloseCaseRequest, CreateCaseMessageRequest, CreateCaseRequest,
    GetCaseRequest, ListCaseLogRequest, ListCaseLogResponse, ListCasesRequest, ListCasesResponse,
    ReopenCaseRequest, ResolveCaseRequest,
};
use tonic::{Request, Response, Status};

use crate::app::{App, Call};

/// How long a mutation may take when nobody has set its deadline.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// The service `patron.complaints.v1.CaseService`.
pub(crate) struct Cases(pub(crate) App);

#[tonic::async_trait]
impl CaseService for Cases {
    async fn create_case(
        &self,
        request: Request<CreateCaseRequest>,
    ) -> Result<Response<Case>, Status> {
        let call = call(&request)?;
        self.0.create_case(&call, request.into_inner()).await
    }

    async fn get_case(&self, request: Request<GetCaseRequest>) -> Result<Response<Case>, Status> {
        Ok(Response::new(self.0.get_case(request.get_ref()).await?))
    }

    async fn list_cases(
        &self,
        request: Request<ListCasesRequest>,
    ) -> Result<Response<ListCasesResponse>, Status> {
        let confined = chassis::confined(&request);
        let listed = self.0.list_cases(request.get_ref(), confined.as_ref());
        Ok(Response::new(listed.await?))
    }

    async fn list_case_log(
        &self,
        request: Request<ListCaseLogRequest>,
    ) -> Result<Response<ListCaseLogResponse>, Status> {
        Ok(Response::new(self.0.list_log(request.get_ref()).await?))
    }

    async fn create_case_message(
        &self,
        request: Request<CreateCaseMessageRequest>,
    ) -> Result<Response<CaseMessage>, Status> {
        let call = call(&request)?;
        self.0.create_message(&call, request.into_inner()).await
    }

    async fn resolve_case(
        &self,
        request: Request<ResolveCaseRequest>,
    ) -> Result<Response<Case>, Status> {
        let call = call(&request)?;
        self.0.resolve_case(&call, request.into_inner()).await
    }

    async fn close_case(
        &self,
        request: Request<CloseCaseRequest>,
    ) -> Result<Response<Case>, Status> {
        let call = call(&request)?;
        self.0.close_case(&call, request.into_inner()).await
    }

    async fn reopen_case(
        &self,
        request: Request<ReopenCaseRequest>,
    ) -> Result<Response<Case>, Status> {
        let call = call(&request)?;
        self.0.reopen_case(&call, request.into_inner()).await
    }
}

fn call<T>(request: &Request<T>) -> Result<Call, Refusal> {
    let caller = chassis::caller(request)?.id().to_owned();
    let deadline = request.extensions().get().copied();
    Ok(Call {
        caller,
        deadline: deadline.unwrap_or_else(|| Deadline::after(DEFAULT_DEADLINE)),
    })
}
