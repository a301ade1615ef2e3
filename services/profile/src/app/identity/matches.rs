//! Who may be the same person.

use std::cmp::Reverse;

use access::Reach;
use chassis::{Deadline, Refusal};

use crate::app::App;
use crate::app::reach::filter;
use crate::domain::identity::matching::{Likeness, compare, keys};
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::customers;

/// Most customers that are compared: what more have in common tells nothing.
pub(super) const MOST_COMPARED: i64 = 200;
/// Most that are answered.
const MOST_ANSWERED: usize = 50;

impl App {
    /// Customers who may be the same person, at least so surely, the likeliest first.
    pub(crate) async fn matches(
        &self,
        deadline: Deadline,
        id: CustomerId,
        min_score_permille: i32,
        reach: &Reach,
    ) -> Result<Vec<(CustomerId, Likeness)>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let customer = customers::get(&mut tx, &self.keyring, id).await?;
        let customer = customer.ok_or_else(refusals::customer_not_found)?;
        let keys: Vec<_> = keys(&customer.details).into_iter().collect();
        let others =
            customers::sharing(&mut tx, &self.keyring, &keys, customer.id, MOST_COMPARED).await?;
        let others = filter(&mut tx, reach, others).await?;
        let likeness = others
            .iter()
            .map(|other| (other.id, compare(&customer.details, &other.details)));
        let is_sure = |found: &(CustomerId, Likeness)| found.1.score_permille >= min_score_permille;
        let mut found: Vec<_> = likeness.filter(is_sure).collect();
        found.sort_by_key(|(id, likeness)| (Reverse(likeness.score_permille), *id));
        found.truncate(MOST_ANSWERED);
        Ok(found)
    }
}
