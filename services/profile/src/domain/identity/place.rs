//! Where people are: what callers who may see some regions or brands alone are kept to.

use std::collections::BTreeMap;

use crate::domain::customer::Customer;
use crate::domain::field::Field;
use crate::domain::ids::CustomerId;

/// Whether a change of these fields puts a customer elsewhere.
pub(crate) fn is_place(changed: &[Field]) -> bool {
    let is_one = |field: &Field| matches!(field, Field::RegionCode | Field::Brand);
    changed.iter().any(is_one)
}

/// Where ids were before somebody was joined or parted.
#[derive(Clone, Debug)]
pub(crate) struct Places(BTreeMap<CustomerId, (String, String)>);

impl Places {
    /// Where all ids of these customers are: where the person is.
    pub(crate) fn of<'a>(customers: impl IntoIterator<Item = &'a Customer>) -> Self {
        let mut places = BTreeMap::new();
        for customer in customers {
            places.extend(homes(customer).map(|id| (id, place(customer))));
        }
        Self(places)
    }

    /// The ids of a customer that are elsewhere now.
    pub(crate) fn left(&self, customer: &Customer) -> Vec<CustomerId> {
        let now = place(customer);
        let is_elsewhere = |id: &CustomerId| self.0.get(id) != Some(&now);
        homes(customer).filter(is_elsewhere).collect()
    }
}

/// All ids of a person.
pub(crate) fn homes(customer: &Customer) -> impl Iterator<Item = CustomerId> + '_ {
    std::iter::once(customer.id).chain(customer.absorbed.iter().copied())
}

fn place(customer: &Customer) -> (String, String) {
    let details = &customer.details;
    (details.region_code.clone(), details.brand.clone())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::domain::customer::Details;
    use crate::domain::identity::golden::Golden;

    fn id(number: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(number))
    }

    fn person(ids: &[u128], region_code: &str, brand: &str) -> Customer {
        let details = Details {
            region_code: region_code.to_owned(),
            brand: brand.to_owned(),
            ..Details::default()
        };
        let golden = Golden {
            details,
            ..Golden::default()
        };
        let absorbed = ids.iter().skip(1).map(|it| id(*it)).collect();
        Customer {
            absorbed,
            ..Customer::create(id(ids[0]), golden, Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn only_ids_whose_region_or_brand_differs_from_before_have_left() {
        let before = Places::of([&person(&[1, 3], "GB", "acme"), &person(&[2], "DE", "acme")]);
        let joined = |region, brand| before.left(&person(&[1, 2, 3], region, brand));
        assert_eq!(joined("GB", "acme"), [id(2)]);
        assert_eq!(joined("DE", "acme"), [id(1), id(3)]);
        assert_eq!(joined("GB", ""), [id(1), id(2), id(3)]);
        assert_eq!(before.left(&person(&[1, 3], "GB", "acme")), []);
    }

    #[test]
    fn regions_and_brands_are_places_and_nothing_else_is() {
        let is_one = |field: &Field| is_place(&[*field]);
        let places: Vec<_> = Field::all().filter(is_one).collect();
        assert_eq!(places, [Field::RegionCode, Field::Brand]);
    }
}
