use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Lot, Parts};

/// Place of a lot in the order of consumption.
type Place = (i16, Timestamp, Timestamp, Uuid);

/// Lots of a wallet by id, and those with available points in the order of consumption: a spend
/// looks at the lots that it takes from and no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lots {
    by_id: BTreeMap<Uuid, Lot>,
    available: BTreeSet<Place>,
}

impl Lots {
    /// A lot.
    pub fn get(&self, lot_id: Uuid) -> Option<&Lot> {
        self.by_id.get(&lot_id)
    }

    /// All lots, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Lot> {
        self.by_id.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True for none at all.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The lots that a spend at this instant may take from, in the order of consumption.
    pub fn spendable(&self, now: Timestamp) -> impl Iterator<Item = &Lot> {
        let lots = self.available.iter();
        lots.filter_map(|(.., lot_id)| self.by_id.get(lot_id))
            .filter(move |lot| lot.is_spendable(now))
    }

    /// Adds a lot, in the place of one of the same id.
    pub(super) fn insert(&mut self, lot: Lot) {
        if let Some(former) = self.by_id.get(&lot.lot_id) {
            self.available.remove(&former.spending_order());
        }
        if lot.parts.available.is_positive() {
            self.available.insert(lot.spending_order());
        }
        self.by_id.insert(lot.lot_id, lot);
    }

    /// Sets where the points of a lot stand.
    pub(super) fn set(&mut self, lot_id: Uuid, parts: Parts) {
        let Some(lot) = self.by_id.get_mut(&lot_id) else {
            return;
        };
        lot.parts = parts;
        if parts.available.is_positive() {
            self.available.insert(lot.spending_order());
        } else {
            self.available.remove(&lot.spending_order());
        }
    }
}

impl FromIterator<Lot> for Lots {
    fn from_iter<I: IntoIterator<Item = Lot>>(lots: I) -> Self {
        let mut all = Self::default();
        all.extend(lots);
        all
    }
}

impl Extend<Lot> for Lots {
    fn extend<I: IntoIterator<Item = Lot>>(&mut self, lots: I) {
        lots.into_iter().for_each(|lot| self.insert(lot));
    }
}
