use chassis::paging::{PageTokens, Scope};
use chassis::{Confined, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// Rows of a page when the caller names no number, and the most that one gives.
const SIZES: (u16, u16) = (50, 500);

/// One list, as its page tokens know it.
pub(super) struct List<'a> {
    pub(super) tokens: &'a PageTokens,
    pub(super) method: &'static str,
    /// Whose list it is: a customer's, a program's; empty where there is one list alone.
    pub(super) of: &'a str,
    /// What else decides about what is listed.
    pub(super) filter: &'a str,
}

impl List<'_> {
    /// Where the page that is asked for begins; `None` at the beginning.
    pub(super) fn start<K: DeserializeOwned>(&self, token: &str) -> Result<Option<K>, Refusal> {
        self.tokens
            .decode(self.scope(&[self.of, self.filter]), token)
    }

    /// The token of the page after `last`; empty when there is none.
    pub(super) fn next(&self, last: Option<impl Serialize>) -> Result<String, Refusal> {
        let last = last.map(|last| {
            self.tokens
                .encode(self.scope(&[self.of, self.filter]), &last)
        });
        last.unwrap_or_else(|| Ok(String::new()))
    }

    fn scope<'a>(&self, filters: &'a [&'a str]) -> Scope<'a> {
        Scope {
            method: self.method,
            filters,
        }
    }
}

/// Rows for a page.
pub(super) fn size(requested: i32) -> u16 {
    chassis::paging::page_size(requested, SIZES.0, SIZES.1)
}

/// Rows for a page of things of all members; fewer for who is confined.
pub(super) fn size_for(requested: i32, confined: Option<&Confined>) -> u16 {
    let most = confined.map_or(SIZES.1, |_| Confined::PAGE);
    chassis::paging::page_size(requested, SIZES.0, most)
}

/// Those of the rows whose customers are within reach now.
pub(super) async fn visible<T>(
    confined: Option<&Confined>,
    rows: Vec<T>,
    customer: impl Fn(&T) -> Uuid,
) -> Result<Vec<T>, Refusal> {
    match confined {
        Some(confined) => confined.within(rows, |row| customer(row).to_string()).await,
        None => Ok(rows),
    }
}
