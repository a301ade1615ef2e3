//! Searching for customers by name.

use access::Reach;
use chassis::{Deadline, Refusal};

use super::App;
use super::browse::Page;
use super::reach::lists;
use crate::domain::customer::Customer;
use crate::domain::search::Prefix;
use crate::store::customers::{self, Among};

impl App {
    /// The first customers within reach whose names begin so.
    pub(crate) async fn search_customers(
        &self,
        deadline: Deadline,
        (prefix, reach): (&Prefix, &Reach),
        size: u16,
    ) -> Result<Page<Customer>, Refusal> {
        let (regions, brands) = lists(reach);
        let among = Among {
            regions,
            brands,
            manager: reach.manager(),
        };
        let mut tx = self.snapshot(deadline).await?;
        let most = usize::from(size).saturating_add(1);
        let found = customers::search(&mut tx, &self.keyring, prefix, among, most).await?;
        let mut page = Page::cut(found.customers, size);
        // Of very many, not all were looked at.
        page.has_more |= found.is_crowded;
        Ok(page)
    }
}
