//! The ids that are one person's.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::ids::CustomerId;

/// Customer ids that lead to the same person. Whatever is kept by customer id stays under the id at
/// which it came in, so what is a person's is what stands under all of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Homes {
    /// The oldest: by this id the person is known.
    pub(crate) profile: CustomerId,
    /// The others.
    pub(crate) absorbed: BTreeSet<CustomerId>,
}

impl Homes {
    /// True when this id leads here.
    pub(crate) fn has(&self, id: CustomerId) -> bool {
        self.profile == id || self.absorbed.contains(&id)
    }

    /// All of them, the oldest first.
    pub(crate) fn ids(&self) -> Vec<Uuid> {
        let absorbed = self.absorbed.iter().map(|id| id.0);
        std::iter::once(self.profile.0).chain(absorbed).collect()
    }
}
