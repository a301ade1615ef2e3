//! Where customers are, as the profile service would tell a role that asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chassis::{Named, Refusal};
use contract::patron::profile::v1::ErrorReason;
use tonic::Code;

/// Customers and their regions. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Regions(Arc<Mutex<HashMap<String, String>>>);

impl Regions {
    /// A customer is of this region from now on.
    pub fn put(&self, customer: &str, region: &str) {
        let mut known = self.0.lock().unwrap();
        known.insert(customer.to_owned(), region.to_owned());
    }

    /// For [`chassis::Service::records`]. Customers of whom nothing is known are not there.
    ///
    /// # Errors
    /// NOT_FOUND when one of the customers is not within reach.
    pub fn admit(&self, named: &Named) -> Result<(), Refusal> {
        let known = self.0.lock().unwrap();
        let is_within = |id: &String| {
            let region = known.get(id);
            region.is_some_and(|region| named.reach.covers(region, ""))
        };
        if named.customers.iter().all(is_within) {
            return Ok(());
        }
        let (code, reason) = (Code::NotFound, ErrorReason::CustomerNotFound);
        Err(Refusal::new(code, reason, "there is no such customer"))
    }
}
