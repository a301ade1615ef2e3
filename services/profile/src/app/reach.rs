//! Callers who may see some customers alone: those of some regions and brands, or whom they look after.

mod own;

pub(crate) use own::filter;

use access::Reach;
use chassis::{Deadline, Named, Refusal};
use uuid::Uuid;

use super::browse::{Page, with_one_more};
use super::{App, DEFAULT_TIME};
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::accounts::own::{Own, among};
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
        let mut tx = self.snapshot(deadline).await?;
        let within = customers::count_within(&mut tx, &ids, lists(&named.reach)).await?;
        let are_within = usize::try_from(within) == Ok(ids.len());
        let are_theirs = match named.reach.manager() {
            Some(manager) if are_within => among(&mut tx, &ids, manager).await?.len() == ids.len(),
            _ => true,
        };
        if are_within && are_theirs {
            Ok(())
        } else {
            Err(refusals::customer_not_found())
        }
    }

    /// A customer who is within reach; nobody otherwise.
    pub(crate) async fn within(
        &self,
        deadline: Deadline,
        reach: &Reach,
        customer: Customer,
    ) -> Result<Customer, Refusal> {
        let mut theirs = None;
        if let Some(manager) = reach.manager() {
            let mut tx = self.snapshot(deadline).await?;
            let found = among(&mut tx, &[customer.id.0], manager).await?;
            theirs = found.first().map(|_| manager);
        }
        let details = &customer.details;
        if reach.covers_of(&details.region_code, &details.brand, theirs) {
            Ok(customer)
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
        if let Some(own) = own_of(reach) {
            let own = Own { regions, ..own };
            return self.own_customers(deadline, own, before, size).await;
        }
        let mut tx = self.snapshot(deadline).await?;
        let limit = with_one_more(size);
        let found =
            customers::list_within(&mut tx, &self.keyring, (regions, brands), before, limit)
                .await?;
        Ok(Page::cut(found, size))
    }
}

/// A reach that takes an account manager, as statements filter by it; `None` for any other.
fn own_of(reach: &Reach) -> Option<Own<'_>> {
    let (regions, brands) = lists(reach);
    let own = |manager| Own {
        manager,
        regions,
        brands,
    };
    reach.manager().map(own)
}

/// Refuses to make a customer whom its maker would not see: nobody looks after it yet.
pub(crate) fn keep_new(reach: &Reach, details: &Details) -> Result<(), Refusal> {
    if reach.manager().is_some() {
        return Err(refusals::beyond_reach("customer"));
    }
    keep(reach, details, &[Field::RegionCode, Field::Brand])
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
