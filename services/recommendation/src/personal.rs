//! What the service keeps of people, for erasures.

use erasure::PersonalData;

/// Whose baskets are whose.
pub(crate) struct Baskets;

impl PersonalData for Baskets {}
