//! Callers who may see the customers of some regions and brands alone.

use access::Reach;
use chassis::{Deadline, Named, Refusal};
use uuid::Uuid;

use super::browse::{Page, with_one_more};
use super::{App, DEFAULT_TIME};
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::customers;

/// A reach as statements filter by it.
pub(super) fn lists(reach: &Reach) -> (Option<&[String]>, Option<&[String]>) {
    (reach.regions(), reach.brands())
}

impl App {
    /// Refuses what names somebody beyond the caller's reach, as if there were nobody.
    pub(crate) async fn admit(&self, named: Named) -> Result<(), Refusal> {
        let ids = named.customers.iter().map(|id| id.parse::<Uuid>());
        // What is no id is told once the request is looked at as a whole; here it is nobody.
        let ids = ids.collect::<Result<Vec<_>, _>>();
        let mut ids = ids.map_err(|_| refusals::customer_not_found())?;
        ids.sort_unstable();
        ids.dedup();
        let deadline = named
            .deadline
            .unwrap_or_else(|| Deadline::after(DEFAULT_TIME));
        let mut tx = self.begin(deadline).await?;
        let within = customers::count_within(&mut tx, &ids, lists(&named.reach)).await?;
        if usize::try_from(within) == Ok(ids.len()) {
            Ok(())
        } else {
            Err(refusals::customer_not_found())
        }
    }

    /// Customers within reach that were created before `before`, of one region or of all, the newest first.
    pub(crate) async fn customers_within(
        &self,
        deadline: Deadline,
        (region_code, reach): (Option<&str>, &Reach),
        before: Option<CustomerId>,
        size: u16,
    ) -> Result<Page<Customer>, Refusal> {
        if reach.is_all() {
            return self.customers(deadline, region_code, before, size).await;
        }
        // One region of several is as good as a reach of that one; of a region beyond it there is nobody.
        let narrowed = region_code.map(|region| {
            let region = reach.covers_region(region).then(|| region.to_owned());
            region.into_iter().collect::<Vec<_>>()
        });
        let (regions, brands) = lists(reach);
        let regions = narrowed.as_deref().or(regions);
        let mut tx = self.begin(deadline).await?;
        let limit = with_one_more(size);
        let found =
            customers::list_within(&mut tx, &self.keyring, (regions, brands), before, limit)
                .await?;
        Ok(Page::cut(found, size))
    }
}

/// A customer who is within reach; nobody otherwise.
pub(crate) fn within(reach: &Reach, customer: Customer) -> Result<Customer, Refusal> {
    if covers(reach, &customer) {
        Ok(customer)
    } else {
        Err(refusals::customer_not_found())
    }
}

/// Whether a customer is within reach.
pub(crate) fn covers(reach: &Reach, customer: &Customer) -> bool {
    let details = &customer.details;
    reach.covers(&details.region_code, &details.brand)
}

/// Refuses to put a customer beyond the caller's own reach: whoever did would not see it any more.
pub(crate) fn keep(reach: &Reach, details: &Details, fields: &[Field]) -> Result<(), Refusal> {
    let region = fields.contains(&Field::RegionCode) && !reach.covers_region(&details.region_code);
    let brand = fields.contains(&Field::Brand) && !reach.covers_brand(&details.brand);
    match (region, brand) {
        (true, _) => Err(refusals::beyond_reach("customer.region_code")),
        (_, true) => Err(refusals::beyond_reach("customer.brand")),
        _ => Ok(()),
    }
}
