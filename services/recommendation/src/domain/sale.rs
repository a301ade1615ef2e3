use std::collections::BTreeMap;

use jiff::Timestamp;

/// A product in a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The product, as the selling system codes it.
    pub(crate) product_id: String,
    /// Its name at the time of sale; empty when not told.
    pub(crate) name: String,
}

/// The products of a sale: each once, by ascending product id. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Items(Vec<Item>);

impl Items {
    /// Drops repeats. Of several names for one product the last that is not empty counts.
    pub(crate) fn new(sold: impl IntoIterator<Item = Item>) -> Self {
        let sold: Vec<Item> = sold.into_iter().collect();
        // What was stored comes back in order.
        if sold.is_sorted_by(|one, next| one.product_id < next.product_id) {
            return Self(sold);
        }
        let mut names = BTreeMap::<String, String>::new();
        for Item { product_id, name } in sold {
            let known = names.entry(product_id).or_default();
            if !name.is_empty() {
                *known = name;
            }
        }
        Self(
            names
                .into_iter()
                .map(|(product_id, name)| Item { product_id, name })
                .collect(),
        )
    }

    /// The items.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.0.iter()
    }

    /// How many products.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The product ids, ascending.
    pub(crate) fn product_ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|item| item.product_id.as_str())
    }

    /// True when these are the products, whatever their names.
    pub(crate) fn same_products(&self, other: &Self) -> bool {
        self.product_ids().eq(other.product_ids())
    }

    /// Those that are among `kept`, too.
    fn among(&self, kept: &Self) -> Self {
        let is_kept = |item: &&Item| {
            kept.0
                .binary_search_by(|other| other.product_id.cmp(&item.product_id))
                .is_ok()
        };
        Self(self.0.iter().filter(is_kept).cloned().collect())
    }
}

/// What is known of a sale from some moment on. Facts are never changed: when goods come back, a
/// fact of the next version follows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    /// The id that the selling system gave the sale.
    pub(crate) basket_id: String,
    /// 1 for the sale as it was made, then one more with each return that takes a product out.
    pub(crate) version: i32,
    /// When it was bought.
    pub(crate) purchase_time: Timestamp,
    /// What of it the customer still has.
    pub(crate) items: Items,
}

impl Fact {
    /// The sale as it was made.
    pub(crate) fn sold(basket_id: String, purchase_time: Timestamp, items: Items) -> Self {
        Self {
            basket_id,
            version: 1,
            purchase_time,
            items,
        }
    }

    /// The sale after a return of which the customer kept `kept`, or `None` when nothing leaves the
    /// basket by it. Taking the intersection makes the order of returns, and repeats, immaterial.
    pub(crate) fn after_return(&self, kept: &Items) -> Option<Self> {
        let items = self.items.among(kept);
        (items.len() < self.items.len()).then(|| Self {
            version: self.version.saturating_add(1),
            items,
            basket_id: self.basket_id.clone(),
            purchase_time: self.purchase_time,
        })
    }
}

/// What to make of a sale whose id is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the same sale.
    Known,
    /// It is another sale under the same id; the first one counts.
    Conflict,
}

/// Compares a sale with the one that was recorded first under its id. Returns since then do not
/// matter: the sender repeats what was sold.
pub(crate) fn judge(first: &Items, offered: &Items) -> Verdict {
    if first.same_products(offered) {
        Verdict::Known
    } else {
        Verdict::Conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(ids: &[&str]) -> Items {
        Items::new(ids.iter().map(|id| Item {
            product_id: (*id).to_owned(),
            name: String::new(),
        }))
    }

    fn sale(ids: &[&str]) -> Fact {
        Fact::sold("1".to_owned(), Timestamp::UNIX_EPOCH, items(ids))
    }

    #[test]
    fn a_product_counts_once_and_keeps_the_last_name_it_was_given() {
        let named = |name: &str| Item {
            product_id: "a".to_owned(),
            name: name.to_owned(),
        };
        let basket = Items::new([named("old"), named("new"), named("")]);
        assert_eq!(basket.iter().collect::<Vec<_>>(), [&named("new")]);
    }

    #[test]
    fn a_sale_is_known_by_its_products_not_by_their_order() {
        assert_eq!(
            judge(&items(&["a", "b"]), &items(&["b", "a", "a"])),
            Verdict::Known
        );
        assert_eq!(
            judge(&items(&["a", "b"]), &items(&["a"])),
            Verdict::Conflict
        );
    }

    #[test]
    fn returns_take_products_out_in_any_order_and_only_once() {
        let first = sale(&["a", "b", "c"])
            .after_return(&items(&["a", "b"]))
            .unwrap();
        assert_eq!((first.version, &first.items), (2, &items(&["a", "b"])));
        assert_eq!(first.after_return(&items(&["a", "b"])), None);
        let last = first.after_return(&items(&["b", "c"])).unwrap();
        let other_way = sale(&["a", "b", "c"])
            .after_return(&items(&["b", "c"]))
            .and_then(|fact| fact.after_return(&items(&["a", "b"])))
            .unwrap();
        assert_eq!(last, other_way);
    }
}
