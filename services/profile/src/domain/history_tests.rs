//! Whatever arrives, in whatever order, how often: the figures are those that a recomputation of all
//! facts gives, nothing comes back that was not bought, and every event comes after its cause.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::book::{Announcement, Book, MAX_AWAITING_PER_ORDER, Outcome, Refused, Stamp};
use super::ids::{CustomerId, OrderId, ReturnId};
use super::money::Currency;
use super::order::{Order, OrderLine};
use super::returns::{Fate, Refunds, Return, ReturnLine};
use super::settle::Contradiction;
use super::traits::{Spend, Traits};

const ALICE: CustomerId = CustomerId(Uuid::from_u128(1));
const BOB: CustomerId = CustomerId(Uuid::from_u128(2));

#[derive(Clone, Debug)]
enum Activity {
    Order(CustomerId, Order),
    Return(CustomerId, Return),
}

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn stamp() -> Stamp {
    Stamp {
        entry_id: Uuid::nil(),
        record_time: at(0),
    }
}

fn open_book() -> Book {
    let mut book = Book::default();
    book.open_customer(ALICE);
    book.open_customer(BOB);
    book
}

fn record(book: &mut Book, activity: Activity) -> Result<Outcome, Refused> {
    match activity {
        Activity::Order(customer, order) => book.record_order(customer, order, stamp()),
        Activity::Return(customer, content) => book.record_return(customer, content, stamp()),
    }
}

/// Lines of (quantity, amount); the line ids are their places.
fn order(id: u8, minute: i64, currency: &str, lines: &[(i64, i64)]) -> Order {
    let line = |(place, (quantity, amount)): (usize, &(i64, i64))| OrderLine {
        line_id: place.to_string(),
        product_id: "tea".to_owned(),
        product_name: String::new(),
        category: String::new(),
        quantity: *quantity,
        amount: *amount,
    };
    Order {
        id: OrderId(format!("o{id}")),
        channel: "online".to_owned(),
        store_id: String::new(),
        time: at(minute),
        currency: Currency::parse(currency).unwrap(),
        total: lines.iter().map(|(_, amount)| amount).sum(),
        lines: lines.iter().enumerate().map(line).collect(),
    }
}

/// A return of these pieces of line 0.
fn give_back(id: u8, order: u8, minute: i64, quantity: i64, refund: Option<i64>) -> Return {
    Return {
        id: ReturnId(format!("r{id}")),
        order_id: OrderId(format!("o{order}")),
        time: at(minute),
        reason: String::new(),
        currency: refund.and_then(|_| Currency::parse("GBP")),
        lines: vec![ReturnLine {
            line_id: "0".to_owned(),
            quantity,
            refund,
        }],
    }
}

fn customers() -> impl Strategy<Value = CustomerId> {
    prop_oneof![9 => Just(ALICE), 1 => Just(BOB)]
}

/// Any activity of a small world, contradictions included.
fn activities() -> impl Strategy<Value = Activity> {
    let lines = prop::collection::vec((1_i64..5, 0_i64..1000), 1..4);
    let orders = (
        customers(),
        0_u8..4,
        0_i64..50,
        prop_oneof![3 => Just("GBP"), 1 => Just("EUR")],
    )
        .prop_flat_map(move |(customer, id, minute, currency)| {
            let order = move |lines: Vec<_>| order(id, minute, currency, &lines);
            lines
                .clone()
                .prop_map(move |lines| Activity::Order(customer, order(lines)))
        });
    let refund = prop::option::weighted(0.3, 0_i64..600);
    let returns = (customers(), 0_u8..8, 0_u8..4, 20_i64..90, 1_i64..4, refund).prop_map(
        |(customer, id, order, minute, quantity, refund)| {
            Activity::Return(customer, give_back(id, order, minute, quantity, refund))
        },
    );
    prop_oneof![orders, returns]
}

/// The facts of one customer: orders, and returns in effect with their refunds.
#[derive(Default)]
struct Facts {
    orders: Vec<Order>,
    returns: Vec<(Timestamp, Refunds)>,
}

/// The figures as the facts on record give them, from scratch and by their definitions.
fn recomputed(announcements: &[Announcement]) -> BTreeMap<CustomerId, Traits> {
    let mut all: BTreeMap<_, Facts> = BTreeMap::new();
    for announcement in announcements {
        match announcement {
            Announcement::OrderRecorded(order) => {
                all.entry(order.customer)
                    .or_default()
                    .orders
                    .push(order.order.clone());
            }
            Announcement::ReturnRecorded(announced) => {
                let (applied, _) = announced.as_ref();
                let Fate::Applied(refunds) = &applied.fate else {
                    panic!("announced too early")
                };
                let returns = &mut all.entry(applied.customer).or_default().returns;
                returns.push((applied.content.time, refunds.clone()));
            }
        }
    }
    all.into_iter()
        .map(|(customer, facts)| (customer, facts.traits()))
        .collect()
}

impl Facts {
    fn traits(&self) -> Traits {
        let order_times = || self.orders.iter().map(|order| order.time);
        let return_times = self.returns.iter().map(|(time, _)| *time);
        let currencies: BTreeSet<_> = self.orders.iter().map(|order| order.currency).collect();
        Traits {
            order_count: i64::try_from(self.orders.len()).unwrap(),
            return_count: i64::try_from(self.returns.len()).unwrap(),
            first_order_time: order_times().min(),
            last_order_time: order_times().max(),
            last_activity_time: order_times().chain(return_times).max(),
            spend: currencies
                .into_iter()
                .map(|currency| (currency, self.spend(currency)))
                .collect(),
        }
    }

    fn spend(&self, currency: Currency) -> Spend {
        let orders: Vec<_> = self
            .orders
            .iter()
            .filter(|it| it.currency == currency)
            .collect();
        let returns = self
            .returns
            .iter()
            .filter(|(_, refunds)| refunds.currency == currency);
        Spend {
            order_count: i64::try_from(orders.len()).unwrap(),
            gross: orders
                .iter()
                .flat_map(|order| &order.lines)
                .map(|line| line.amount)
                .sum(),
            refunded: returns.flat_map(|(_, refunds)| &refunds.by_line).sum(),
        }
    }
}

/// Checks that what is announced could have happened.
fn check_announcements(announcements: &[Announcement]) {
    let mut bought = BTreeMap::new();
    let mut told = BTreeSet::new();
    for announcement in announcements {
        match announcement {
            Announcement::OrderRecorded(order) => {
                let id = order.order.id.clone();
                assert!(
                    bought.insert(id, order.clone()).is_none(),
                    "announced twice"
                );
            }
            Announcement::ReturnRecorded(announced) => {
                let (applied, after) = announced.as_ref();
                let before = bought.insert(after.order.id.clone(), after.clone());
                let before = before.expect("the order is announced before its return");
                assert_eq!(before.customer, applied.customer);
                if applied.content.currency.is_some() {
                    told.insert(after.order.id.clone());
                }
                for (line, returned) in after.order.lines.iter().zip(&after.returned) {
                    assert!(returned.quantity <= line.quantity && returned.refund <= line.amount);
                    if returned.quantity == line.quantity && !told.contains(&after.order.id) {
                        assert_eq!(returned.refund, line.amount);
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn the_figures_are_those_of_a_recomputation_whatever_arrives(
        arrivals in prop::collection::vec(activities(), 1..40),
    ) {
        let mut book = open_book();
        for activity in arrivals {
            let first = record(&mut book, activity.clone());
            let again = record(&mut book, activity);
            match first {
                Ok(_) => prop_assert_eq!(again, Ok(Outcome::AlreadyRecorded)),
                Err(refused) => prop_assert_eq!(again, Err(refused)),
            }
        }
        let changes = book.into_changes();
        check_announcements(&changes.announcements);
        let kept: BTreeMap<_, _> = changes.traits.into_iter().collect();
        prop_assert_eq!(kept, recomputed(&changes.announcements));
    }

    #[test]
    fn the_figures_do_not_depend_on_the_order_of_arrival(
        lines in prop::collection::vec((1_i64..20, 0_i64..1000), 1..5),
        shuffled in Just((0_u8..15).collect::<Vec<_>>()).prop_shuffle(),
        repeated in 0_usize..15,
    ) {
        // Each order has one line; its pieces come back in returns of 1, 2, 3 … pieces.
        let mut all = Vec::new();
        for (id, line) in (0..).zip(&lines) {
            all.push(Activity::Order(ALICE, order(id, i64::from(id), "GBP", &[*line])));
            let mut left = line.0;
            for nth in 1..=2_u8 {
                let pieces = i64::from(nth).min(left);
                left -= pieces;
                if pieces > 0 {
                    let content = give_back(id * 2 + nth, id, 50, pieces, None);
                    all.push(Activity::Return(ALICE, content));
                }
            }
        }
        let figures = |arrivals: Vec<Activity>| {
            let mut book = open_book();
            for activity in arrivals {
                record(&mut book, activity).unwrap();
            }
            book.into_changes().traits
        };
        let mut arrivals: Vec<_> =
            shuffled.iter().filter_map(|at| all.get(usize::from(*at)).cloned()).collect();
        arrivals.extend(all.get(repeated).cloned());
        prop_assert_eq!(figures(arrivals), figures(all));
    }
}

#[test]
fn a_return_waits_for_its_order_and_is_announced_after_it() {
    let mut book = open_book();
    let waiting = book.record_return(ALICE, give_back(1, 1, 30, 1, None), stamp());
    assert_eq!(waiting, Ok(Outcome::AwaitingOrder));
    let bought = book.record_order(ALICE, order(1, 10, "GBP", &[(3, 100)]), stamp());
    assert_eq!(bought, Ok(Outcome::Recorded));
    let changes = book.into_changes();
    let [
        Announcement::OrderRecorded(before),
        Announcement::ReturnRecorded(announced),
    ] = changes.announcements.as_slice()
    else {
        panic!("{:?}", changes.announcements)
    };
    let (applied, after) = announced.as_ref();
    assert_eq!(
        (before.returned[0].quantity, after.returned[0].quantity),
        (0, 1)
    );
    assert_eq!(changes.new_returns, std::slice::from_ref(applied));
    assert!(matches!(&applied.fate, Fate::Applied(refunds) if refunds.by_line == [33]));
    let [claim] = changes.order_ids.as_slice() else {
        panic!("{:?}", changes.order_ids)
    };
    assert_eq!((claim.customer, claim.expected), (Some(ALICE), false));
}

#[test]
fn a_return_that_contradicts_its_late_order_is_rejected_and_says_how() {
    let unknown_line = Return {
        lines: vec![ReturnLine {
            line_id: "9".to_owned(),
            quantity: 1,
            refund: None,
        }],
        ..give_back(1, 1, 30, 1, None)
    };
    let cases = [
        (
            BOB,
            give_back(1, 1, 30, 1, None),
            Contradiction::OrderOfAnotherCustomer,
        ),
        (
            ALICE,
            give_back(1, 1, 9, 1, None),
            Contradiction::ReturnBeforeOrder,
        ),
        (
            ALICE,
            give_back(1, 1, 30, 4, None),
            Contradiction::ReturnExceedsOrder,
        ),
        (
            ALICE,
            give_back(1, 1, 30, 1, Some(5)),
            Contradiction::CurrencyMismatch,
        ),
        (ALICE, unknown_line, Contradiction::ReturnLineUnknown),
    ];
    for (customer, content, contradiction) in cases {
        let bought = order(1, 10, "EUR", &[(3, 100)]);
        let mut late = open_book();
        record(&mut late, Activity::Return(customer, content.clone())).unwrap();
        record(&mut late, Activity::Order(ALICE, bought.clone())).unwrap();
        let changes = late.into_changes();
        assert_eq!(changes.new_returns[0].fate, Fate::Rejected(contradiction));
        assert_eq!(changes.announcements.len(), 1);

        let mut punctual = open_book();
        record(&mut punctual, Activity::Order(ALICE, bought)).unwrap();
        let refused = record(&mut punctual, Activity::Return(customer, content));
        assert_eq!(refused, Err(Refused::Contradiction(contradiction)));
        assert!(punctual.into_changes().new_returns.is_empty());
    }
}

#[test]
fn refunds_together_never_exceed_the_line() {
    let mut book = open_book();
    record(
        &mut book,
        Activity::Order(ALICE, order(1, 1, "GBP", &[(3, 100)])),
    )
    .unwrap();
    record(
        &mut book,
        Activity::Return(ALICE, give_back(1, 1, 2, 1, Some(60))),
    )
    .unwrap();
    let refused = record(
        &mut book,
        Activity::Return(ALICE, give_back(2, 1, 2, 1, Some(41))),
    );
    assert_eq!(
        refused,
        Err(Refused::Contradiction(Contradiction::RefundExceedsLine))
    );
    record(
        &mut book,
        Activity::Return(ALICE, give_back(2, 1, 2, 1, Some(40))),
    )
    .unwrap();
}

#[test]
fn orders_that_can_not_be_added_up_are_refused_and_change_nothing() {
    let mut book = open_book();
    record(
        &mut book,
        Activity::Order(ALICE, order(1, 1, "GBP", &[(1, i64::MAX)])),
    )
    .unwrap();
    let refused = record(
        &mut book,
        Activity::Order(ALICE, order(2, 1, "GBP", &[(1, 1)])),
    );
    assert!(matches!(refused, Err(Refused::SpendTooLarge(_))));
    record(
        &mut book,
        Activity::Order(ALICE, order(3, 1, "EUR", &[(1, 1)])),
    )
    .unwrap();
    let changes = book.into_changes();
    assert_eq!(changes.new_orders.len(), 2);
    assert_eq!(changes.traits[0].1.order_count, 2);
}

#[test]
fn an_id_that_is_taken_by_another_customer_is_a_conflict() {
    let mut book = open_book();
    record(
        &mut book,
        Activity::Order(ALICE, order(1, 1, "GBP", &[(3, 9)])),
    )
    .unwrap();
    record(
        &mut book,
        Activity::Return(ALICE, give_back(1, 1, 2, 1, None)),
    )
    .unwrap();
    let order = record(
        &mut book,
        Activity::Order(BOB, order(1, 1, "GBP", &[(3, 9)])),
    );
    let returned = record(
        &mut book,
        Activity::Return(BOB, give_back(1, 1, 2, 1, None)),
    );
    let field = || "customer_id".to_owned();
    assert_eq!(order, Err(Refused::OrderConflict { field: field() }));
    assert_eq!(returned, Err(Refused::ReturnConflict { field: field() }));
}

#[test]
fn only_so_many_returns_may_wait_for_an_order() {
    let mut book = open_book();
    let waiting = |nth: usize| Return {
        id: ReturnId(format!("r{nth}")),
        ..give_back(0, 1, 30, 1, None)
    };
    for nth in 0..MAX_AWAITING_PER_ORDER {
        record(&mut book, Activity::Return(ALICE, waiting(nth))).unwrap();
    }
    let refused = record(
        &mut book,
        Activity::Return(ALICE, waiting(MAX_AWAITING_PER_ORDER)),
    );
    assert_eq!(refused, Err(Refused::TooManyAwaiting));
}
