use chassis::paging::{Scope, page_size};
use chassis::{Confined, Refusal};
use contract::patron::complaints::v1::{ListCasesRequest, ListCasesResponse};

use super::{App, CaseError, page};
use crate::domain::{Case, CustomerId};
use crate::store::StoreError;
use crate::store::cases::{Filter, Place};
use crate::{store, wire};

/// Most cases of a page.
const PAGE: u16 = 500;
const METHOD: &str = "patron.complaints.v1.CaseService/ListCases";

impl App {
    /// Lists cases, the latest opened first. For who is confined, those of customers within reach.
    pub(crate) async fn list_cases(
        &self,
        request: &ListCasesRequest,
        confined: Option<&Confined>,
    ) -> Result<ListCasesResponse, Refusal> {
        let (state, kind) = (request.state(), request.r#type());
        let filters = [
            request.customer_id.as_str(),
            state.as_str_name(),
            kind.as_str_name(),
        ];
        let scope = Scope {
            method: METHOD,
            filters: &filters,
        };
        let after = self.pages.decode(scope, &request.page_token)?;
        let customer = customer(&request.customer_id)?;
        let filter = Filter {
            customers: None,
            state: wire::state_filter(state),
            kind: wire::kind_filter(kind),
            within: confined.map(Confined::reach),
        };
        let most = confined.map_or(PAGE, |_| Confined::PAGE);
        let size = page_size(request.page_size, 50, most);
        let mut cases = self.cases((customer, filter), after, size).await?;
        let last = page::cut(&mut cases, size).map(Place::of);
        let next_page_token = last
            .map(|place| self.pages.encode(scope, &place))
            .transpose()?;
        if let Some(confined) = confined {
            let customer = |case: &Case| case.opening.customer.0.to_string();
            cases = confined.within(cases, customer).await?;
        }
        Ok(ListCasesResponse {
            cases: cases.iter().map(wire::cases::case).collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        })
    }

    /// One more than the page holds. A customer's are those of all ids of the person.
    async fn cases(
        &self,
        (customer, filter): (Option<CustomerId>, Filter<'_>),
        after: Option<Place>,
        size: u16,
    ) -> Result<Vec<Case>, CaseError> {
        let mut db = self.snapshot().await?;
        let ids = match customer {
            Some(CustomerId(id)) => {
                let ids = persons::ids_of(&mut *db, id).await;
                Some(ids.map_err(StoreError::from)?)
            }
            None => None,
        };
        let filter = Filter {
            customers: ids.as_deref(),
            ..filter
        };
        let most = i64::from(size) + 1;
        Ok(store::cases::list(&mut db, &self.keyring, filter, after, most).await?)
    }
}

fn customer(id: &str) -> Result<Option<CustomerId>, Refusal> {
    if id.is_empty() {
        return Ok(None);
    }
    Ok(Some(CustomerId(wire::identifier("customer_id", id)?)))
}
