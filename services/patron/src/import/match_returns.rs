//! Which purchase a cancellation takes back: the till does not say.
//!
//! The latest earlier purchase of the same product by the same customer that has pieces left, then
//! the one before it, and so on. So at most what was bought comes back, and the same file always
//! gives the same answer.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;

use super::money::Price;

/// Purchase lines that are remembered at least; at most it is twice as many, about 300 MB. Older ones
/// are forgotten, and what is cancelled of them counts as unmatched.
const MEMORY: u64 = 1_000_000;

/// One line of an order.
#[derive(Clone, Debug)]
pub(crate) struct Purchase<'a> {
    /// Who bought.
    pub(crate) customer: &'a str,
    /// What.
    pub(crate) product: &'a str,
    /// In which order.
    pub(crate) order_id: &'a Rc<str>,
    /// In which line of it, from 1.
    pub(crate) line: u32,
    /// How many pieces; at least 1.
    pub(crate) quantity: i64,
    /// For how much a piece.
    pub(crate) price: Price,
    /// When.
    pub(crate) time: Timestamp,
}

/// Something that comes back.
#[derive(Clone, Debug)]
pub(crate) struct Cancelled<'a> {
    /// Who bought.
    pub(crate) customer: &'a str,
    /// What.
    pub(crate) product: &'a str,
    /// How many pieces; at least 1.
    pub(crate) quantity: i64,
    /// When: purchases after this don't count.
    pub(crate) time: Timestamp,
    /// Only purchases at this price, where the product code alone does not say what it was.
    pub(crate) price: Option<Price>,
}

/// Pieces of one order line that come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// The order.
    pub(crate) order_id: Rc<str>,
    /// The line of it, from 1.
    pub(crate) line: u32,
    /// How many; at least 1.
    pub(crate) quantity: i64,
}

/// What was bought and has not come back.
#[derive(Default)]
pub(crate) struct Purchases {
    /// By customer, then product; each list by time, and by place in the file at equal times.
    open: HashMap<Rc<str>, HashMap<Rc<str>, Vec<Open>>>,
    /// Purchase lines so far.
    count: u64,
}

#[derive(Clone, Debug)]
struct Open {
    order_id: Rc<str>,
    line: u32,
    left: i64,
    price: Price,
    time: Timestamp,
    number: u64,
}

impl Purchases {
    /// Remembers a purchase.
    pub(crate) fn add(&mut self, purchase: &Purchase<'_>) {
        self.count += 1;
        if self.count.is_multiple_of(MEMORY) {
            self.forget_before(self.count - MEMORY);
        }
        let open = Open {
            order_id: Rc::clone(purchase.order_id),
            line: purchase.line,
            left: purchase.quantity,
            price: purchase.price,
            time: purchase.time,
            number: self.count,
        };
        let of_customer = self.open.entry(Rc::from(purchase.customer)).or_default();
        let list = of_customer.entry(Rc::from(purchase.product)).or_default();
        // Files are in the order of time, or nearly, so this is the end of the list.
        let place = list.partition_point(|earlier| earlier.time <= open.time);
        list.insert(place, open);
    }

    /// Takes back up to the cancelled pieces; tells from which order lines, the latest purchase
    /// first. What is missing from the sum was never bought, as far as the file tells.
    pub(crate) fn take(&mut self, cancelled: &Cancelled<'_>) -> Vec<Matched> {
        let of_customer = self.open.get_mut(cancelled.customer);
        let Some(list) = of_customer.and_then(|products| products.get_mut(cancelled.product))
        else {
            return Vec::new();
        };
        let mut wanted = cancelled.quantity;
        let mut matched = Vec::new();
        let eligible = list.iter_mut().rev().filter(|open| open.answers(cancelled));
        for open in eligible {
            let quantity = open.left.min(wanted);
            if quantity == 0 {
                break;
            }
            open.left -= quantity;
            wanted -= quantity;
            matched.push(Matched {
                order_id: Rc::clone(&open.order_id),
                line: open.line,
                quantity,
            });
        }
        list.retain(|open| open.left > 0);
        matched
    }

    /// Keeps at most twice [`MEMORY`] lines in all, at a cost that is spread over as many.
    fn forget_before(&mut self, number: u64) {
        self.open.retain(|_, products| {
            products.retain(|_, list| {
                list.retain(|open| open.number > number);
                !list.is_empty()
            });
            !products.is_empty()
        });
    }
}

impl Open {
    fn answers(&self, cancelled: &Cancelled<'_>) -> bool {
        self.time <= cancelled.time && cancelled.price.is_none_or(|price| price == self.price)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Buy {
            customer: u8,
            product: u8,
            quantity: i64,
            second: i64,
        },
        Cancel {
            customer: u8,
            product: u8,
            quantity: i64,
            second: i64,
        },
    }

    fn step() -> impl Strategy<Value = Step> {
        (any::<bool>(), 0..3_u8, 0..3_u8, 1..6_i64, 0..30_i64).prop_map(
            |(buys, customer, product, quantity, second)| {
                if buys {
                    Step::Buy {
                        customer,
                        product,
                        quantity,
                        second,
                    }
                } else {
                    Step::Cancel {
                        customer,
                        product,
                        quantity,
                        second,
                    }
                }
            },
        )
    }

    fn buy(purchases: &mut Purchases, order: &str, product: &str, quantity: i64, second: i64) {
        purchases.add(&Purchase {
            customer: "c",
            product,
            order_id: &Rc::from(order),
            line: 1,
            quantity,
            price: "1".parse().unwrap(),
            time: Timestamp::from_second(second).unwrap(),
        });
    }

    fn cancel(product: &'static str, quantity: i64, second: i64) -> Cancelled<'static> {
        let time = Timestamp::from_second(second).unwrap();
        Cancelled {
            customer: "c",
            product,
            quantity,
            time,
            price: None,
        }
    }

    fn shown(matched: &[Matched]) -> Vec<(&str, i64)> {
        matched
            .iter()
            .map(|matched| (&*matched.order_id, matched.quantity))
            .collect()
    }

    #[test]
    fn the_latest_earlier_purchase_goes_first_and_the_rest_spills_over() {
        let mut purchases = Purchases::default();
        for (order, second) in [("old", 1), ("new", 5), ("later", 9)] {
            buy(&mut purchases, order, "mug", 4, second);
        }
        buy(&mut purchases, "other", "tea", 9, 2);
        assert_eq!(
            shown(&purchases.take(&cancel("mug", 6, 5))),
            [("new", 4), ("old", 2)]
        );
        assert_eq!(shown(&purchases.take(&cancel("mug", 6, 8))), [("old", 2)]);
        assert_eq!(shown(&purchases.take(&cancel("mug", 6, 9))), [("later", 4)]);
        assert!(purchases.take(&cancel("ink", 1, 9)).is_empty());
    }

    #[test]
    fn where_the_code_says_nothing_the_price_must_agree() {
        let mut purchases = Purchases::default();
        buy(&mut purchases, "1", "M", 1, 1);
        let other = Cancelled {
            price: Some("2".parse().unwrap()),
            ..cancel("M", 1, 2)
        };
        assert!(purchases.take(&other).is_empty());
        let same = Cancelled {
            price: Some("1.00".parse().unwrap()),
            ..other
        };
        assert_eq!(shown(&purchases.take(&same)), [("1", 1)]);
    }

    /// Everything that a run of steps gives back, with what it asked for.
    fn run(steps: &[Step]) -> Vec<(usize, i64, Vec<Matched>)> {
        let mut purchases = Purchases::default();
        let mut taken = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            match *step {
                Step::Buy {
                    customer,
                    product,
                    quantity,
                    second,
                } => purchases.add(&Purchase {
                    customer: &customer.to_string(),
                    product: &product.to_string(),
                    order_id: &Rc::from(number.to_string()),
                    line: 1,
                    quantity,
                    price: "1".parse().unwrap(),
                    time: Timestamp::from_second(second).unwrap(),
                }),
                Step::Cancel {
                    customer,
                    product,
                    quantity,
                    second,
                } => {
                    let matched = purchases.take(&Cancelled {
                        customer: &customer.to_string(),
                        product: &product.to_string(),
                        quantity,
                        time: Timestamp::from_second(second).unwrap(),
                        price: None,
                    });
                    taken.push((number, quantity, matched));
                }
            }
        }
        taken
    }

    proptest! {
        #[test]
        fn never_more_comes_back_than_was_bought_earlier_by_that_customer(
            steps in prop::collection::vec(step(), 0..60)
        ) {
            let mut returned = BTreeMap::<usize, i64>::new();
            for (number, asked, matched) in run(&steps) {
                let Step::Cancel { customer, product, second, .. } = steps[number] else { unreachable!() };
                prop_assert!(matched.iter().map(|m| m.quantity).sum::<i64>() <= asked);
                for matched in matched {
                    prop_assert!(matched.quantity > 0);
                    let order: usize = matched.order_id.parse().unwrap();
                    let Step::Buy { customer: buyer, product: bought, quantity, second: at } = steps[order]
                        else { unreachable!() };
                    prop_assert_eq!((buyer, bought), (customer, product));
                    prop_assert!(at <= second && order < number);
                    let total = returned.entry(order).or_default();
                    *total += matched.quantity;
                    prop_assert!(*total <= quantity);
                }
            }
        }

        #[test]
        fn pieces_stay_unmatched_only_when_nothing_that_could_answer_is_left(
            steps in prop::collection::vec(step(), 0..60)
        ) {
            let taken = run(&steps);
            prop_assert_eq!(&taken, &run(&steps));
            let mut left = BTreeMap::<usize, i64>::new();
            let mut answers = taken.into_iter();
            for (number, step) in steps.iter().enumerate() {
                match *step {
                    Step::Buy { quantity, .. } => drop(left.insert(number, quantity)),
                    Step::Cancel { customer, product, quantity, second } => {
                        let (_, _, matched) = answers.next().unwrap();
                        for matched in &matched {
                            *left.get_mut(&matched.order_id.parse().unwrap()).unwrap() -= matched.quantity;
                        }
                        let found: i64 = matched.iter().map(|matched| matched.quantity).sum();
                        let remains = left.iter().any(|(order, left)| *left > 0 && matches!(steps[*order],
                            Step::Buy { customer: c, product: p, second: s, .. }
                                if c == customer && p == product && s <= second));
                        prop_assert!(found == quantity || !remains);
                    }
                }
            }
        }
    }
}
