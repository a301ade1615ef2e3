use chassis::Refusal;
use contract::patron::complaints::v1::{Case, GetCaseRequest};

use super::{App, CaseError};
use crate::domain::CaseId;
use crate::{store, wire};

impl App {
    /// Reads a case.
    pub(crate) async fn get_case(&self, request: &GetCaseRequest) -> Result<Case, Refusal> {
        let id = CaseId(wire::identifier("case_id", &request.case_id)?);
        let case = self.find_case(id).await?;
        Ok(wire::cases::case(&case))
    }

    pub(super) async fn find_case(&self, id: CaseId) -> Result<crate::domain::Case, CaseError> {
        let mut db = self.snapshot().await?;
        store::cases::find(&mut db, &self.keyring, id)
            .await?
            .ok_or(CaseError::NotFound)
    }
}
