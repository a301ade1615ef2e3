use std::collections::BTreeMap;

use uuid::Uuid;

use crate::domain::program::LadderId;
use crate::domain::tiers::{Addition, Era, Gift, Touch};

/// What is new of members, and has been stored.
#[derive(Debug, Default)]
pub(crate) struct News(BTreeMap<Uuid, OfMember>);

/// What is new of a member.
#[derive(Debug, Default)]
pub(super) struct OfMember {
    additions: Vec<Addition>,
    gifts: Vec<(LadderId, Touch)>,
    /// The last of the orders, acts or gifts that it is about; empty: time has passed.
    pub(super) reference: String,
}

impl News {
    /// That time has passed.
    pub(crate) fn time_has_passed(&mut self, customer_id: Uuid) {
        self.0.entry(customer_id).or_default();
    }

    /// That something counts, by an order or an act.
    pub(crate) fn counts(&mut self, customer_id: Uuid, addition: Addition, reference: &str) {
        let member = self.0.entry(customer_id).or_default();
        member.additions.push(addition);
        reference.clone_into(&mut member.reference);
    }

    /// That a tier was given or withdrawn.
    pub(crate) fn given(&mut self, customer_id: Uuid, ladder_id: LadderId, gift: &Gift) {
        let member = self.0.entry(customer_id).or_default();
        member.gifts.push((ladder_id, Touch::by_gift(gift)));
        member.reference = gift.gift_id.to_string();
    }

    pub(super) fn customer_ids(&self) -> Vec<Uuid> {
        self.0.keys().copied().collect()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (Uuid, &OfMember)> {
        self.0
            .iter()
            .map(|(customer_id, member)| (*customer_id, member))
    }
}

impl OfMember {
    /// How far back it reaches on a ladder.
    pub(super) fn touch(&self, ladder_id: &LadderId, eras: &[Era<'_>]) -> Touch {
        let additions = self
            .additions
            .iter()
            .map(|addition| Touch::by(addition, eras));
        let gifts = self.gifts.iter().filter(|(ladder, _)| ladder == ladder_id);
        additions
            .chain(gifts.map(|(_, touch)| *touch))
            .fold(Touch::Nothing, Touch::and)
    }
}
