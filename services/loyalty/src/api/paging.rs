use chassis::Refusal;
use chassis::paging::{PageTokens, Scope};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
