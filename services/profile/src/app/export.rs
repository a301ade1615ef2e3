//! Customers in bulk.

use std::time::Duration;

use chassis::{Deadline, Refusal};

use super::App;
use super::browse::{Page, with_one_more};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::customers;

/// Rows that are read together: what is held in memory of an export.
const PAGE: u16 = 500;
/// Time for a page: a stream may have none of its own.
const TIME: Duration = Duration::from_secs(30);

impl App {
    /// The next customers after one, in the order of their ids, of one region or of all; at most `limit`.
    pub(crate) async fn customers_after(
        &self,
        region_code: Option<&str>,
        after: CustomerId,
        limit: i64,
    ) -> Result<Page<Customer>, Refusal> {
        let size = u16::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let mut tx = self.begin(Deadline::after(TIME)).await?;
        let found = customers::after(
            &mut tx,
            &self.keyring,
            region_code,
            after,
            with_one_more(size),
        )
        .await?;
        Ok(Page::cut(found, size))
    }
}
