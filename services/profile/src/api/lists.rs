//! What the lists of a customer's things have in common.

use chassis::Refusal;
use chassis::paging::{PageTokens, Scope, page_size};
use jiff::Timestamp;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::app::browse::{LATEST, Page, Window};
use crate::domain::ids::CustomerId;
use crate::wire;

/// Rows of a page when the caller does not say.
pub(super) const DEFAULT_SIZE: u16 = 50;
/// Most rows of a page.
pub(super) const MOST_SIZE: u16 = 500;

/// Largest page, in bytes of its rows. Clients of gRPC refuse messages of more than 4 MiB by default.
const MOST_BYTES: usize = 3 * 1024 * 1024;

/// What a request for a page of a customer's things says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Full name of the method.
    pub(super) method: &'static str,
    pub(super) customer_id: &'a str,
    pub(super) page_size: i32,
    pub(super) page_token: &'a str,
}

impl Asked<'_> {
    /// The part of the list that is meant.
    pub(super) fn window(&self, pages: &PageTokens) -> Result<Window, Refusal> {
        let (customer, place, size) = self.place::<(Timestamp, Uuid)>(pages)?;
        Ok(Window {
            customer,
            after: place.unwrap_or(LATEST),
            size,
        })
    }

    /// The same of a list in the order of ids.
    pub(super) fn by_id(&self, pages: &PageTokens) -> Result<ById, Refusal> {
        let (customer, last, size) = self.place(pages)?;
        Ok(ById {
            customer,
            last,
            size,
        })
    }

    fn place<K: DeserializeOwned>(
        &self,
        pages: &PageTokens,
    ) -> Result<(CustomerId, Option<K>, u16), Refusal> {
        let customer: CustomerId = wire::customer_id("customer_id", self.customer_id)?;
        let filters = [self.customer_id];
        let scope = Scope {
            method: self.method,
            filters: &filters,
        };
        let place = pages.decode(scope, self.page_token)?;
        let size = page_size(self.page_size, DEFAULT_SIZE, MOST_SIZE);
        Ok((customer, place, size))
    }

    /// The messages of a page, and the token of the next one.
    pub(super) fn answer<T, M: Message, K: Serialize>(
        &self,
        pages: &PageTokens,
        page: Page<T>,
        place: impl Fn(&T) -> K,
        encode: impl Fn(T) -> M,
    ) -> Result<(Vec<M>, String), Refusal> {
        let filters = [self.customer_id];
        let scope = Scope {
            method: self.method,
            filters: &filters,
        };
        answer(pages, scope, page, place, encode)
    }
}

/// A page of things that are listed by their ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct ById {
    pub(super) customer: CustomerId,
    /// The last one of the page before.
    pub(super) last: Option<Uuid>,
    pub(super) size: u16,
}

/// The messages of a page, and the token of the next one; empty when there is none. The page ends
/// early where it would become too large a message; one row always fits.
pub(super) fn answer<T, M: Message, K: Serialize>(
    pages: &PageTokens,
    scope: Scope<'_>,
    page: Page<T>,
    place: impl Fn(&T) -> K,
    encode: impl Fn(T) -> M,
) -> Result<(Vec<M>, String), Refusal> {
    let mut messages = Vec::with_capacity(page.items.len());
    let mut last = None;
    let mut bytes = 0_usize;
    let mut has_more = page.has_more;
    for item in page.items {
        let at = place(&item);
        let message = encode(item);
        bytes = bytes.saturating_add(message.encoded_len());
        if bytes > MOST_BYTES && last.is_some() {
            has_more = true;
            break;
        }
        last = Some(at);
        messages.push(message);
    }
    let token = last
        .filter(|_| has_more)
        .map(|last| pages.encode(scope, &last));
    Ok((messages, token.transpose()?.unwrap_or_default()))
}
