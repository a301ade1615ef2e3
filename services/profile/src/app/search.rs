//! Searching for customers by name.

use access::Reach;
use chassis::{Deadline, Refusal};

use super::App;
use super::browse::Page;
use super::reach::own_of;
use crate::domain::customer::Customer;
use crate::domain::search::Prefix;
use crate::store::customers;

impl App {
    /// The first customers within reach whose names begin so.
    pub(crate) async fn search_customers(
        &self,
        deadline: Deadline,
        (prefix, reach): (&Prefix, &Reach),
        size: u16,
    ) -> Result<Page<Customer>, Refusal> {
        if let Some(own) = own_of(reach) {
            return self.search_own(deadline, (prefix, own), size).await;
        }
        let mut tx = self.begin(deadline).await?;
        let most = usize::from(size).saturating_add(1);
        let whose = (reach.regions(), reach.brands());
        let found = customers::search(&mut tx, &self.keyring, prefix, whose, most).await?;
        let mut page = Page::cut(found, size);
        // Of very many, not all were looked at.
        if !page.has_more {
            page.has_more = customers::is_crowded(&mut tx, &self.keyring, prefix).await?;
        }
        Ok(page)
    }
}
