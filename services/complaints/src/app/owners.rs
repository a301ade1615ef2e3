use chassis::{Owner, Refusal, Resource};

use super::{App, CaseError};
use crate::domain::CaseId;

/// The field by which requests name a case.
const CASE: &str = "case_id";

impl App {
    /// Whose the cases are that a request names.
    pub(crate) async fn owners(&self, named: Vec<Resource>) -> Result<Vec<Owner>, Refusal> {
        let cases = named.into_iter().filter(|it| it.field == CASE);
        let mut owners = Vec::new();
        for case in cases {
            let id = case.id.parse().map_err(|_| CaseError::NotFound)?;
            let found = self.find_case(CaseId(id)).await?;
            owners.push(Owner {
                customer: found.opening.customer.0.to_string(),
                missing: CaseError::NotFound.into(),
            });
        }
        Ok(owners)
    }
}
