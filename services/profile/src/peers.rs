//! The other services, as far as this one asks them.

use std::sync::Arc;

use disclosure::Disclosers;
use retention::Removers;

use crate::balances::Balances;

/// The other services: what they hold of people, and what of that is old.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// They tell what they hold of a person.
    pub disclosers: Disclosers,
    /// They remove what is older than it has to be kept.
    pub removers: Removers,
    /// It tells what people have in points; none: nobody is there to tell.
    pub balances: Option<Arc<dyn Balances>>,
}

/// Services that tell, and that nobody asks to remove.
impl From<Disclosers> for Peers {
    fn from(disclosers: Disclosers) -> Self {
        Self {
            disclosers,
            ..Self::default()
        }
    }
}
