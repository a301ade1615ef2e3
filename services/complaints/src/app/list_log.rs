use chassis::Refusal;
use chassis::paging::{Scope, page_size};
use contract::patron::complaints::v1::{ListCaseLogRequest, ListCaseLogResponse};

use super::{App, CaseError, page};
use crate::domain::{CaseId, Entry};
use crate::{store, wire};

const METHOD: &str = "patron.complaints.v1.CaseService/ListCaseLog";

impl App {
    /// Lists what happened in a case, the oldest first.
    pub(crate) async fn list_log(
        &self,
        request: &ListCaseLogRequest,
    ) -> Result<ListCaseLogResponse, Refusal> {
        let case = CaseId(wire::identifier("case_id", &request.case_id)?);
        let scope = Scope {
            method: METHOD,
            filters: &[&request.case_id],
        };
        let after: i64 = self.pages.decode(scope, &request.page_token)?.unwrap_or(0);
        let size = page_size(request.page_size, 50, 500);
        let mut entries = self.entries(case, after, size).await?;
        let last = page::cut(&mut entries, size).map(|entry| entry.sequence);
        let next_page_token = last
            .map(|place| self.pages.encode(scope, &place))
            .transpose()?;
        Ok(ListCaseLogResponse {
            entries: entries
                .iter()
                .map(|entry| wire::log::entry(case, entry))
                .collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        })
    }

    /// One more than the page holds.
    async fn entries(&self, case: CaseId, after: i64, size: u16) -> Result<Vec<Entry>, CaseError> {
        let mut db = self.snapshot().await?;
        let most = i64::from(size) + 1;
        let entries = store::log::list(&mut db, &self.keyring, case, after, most).await?;
        // Every case has its opening, and a token is given out only when more follows.
        if entries.is_empty() {
            Err(CaseError::NotFound)
        } else {
            Ok(entries)
        }
    }
}
