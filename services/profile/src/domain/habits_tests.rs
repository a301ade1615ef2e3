//! Whatever the orders, counted in whatever order: habits are those that the definitions give, word by word.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::ids::{CustomerId, OrderId};
use super::super::money::Currency;
use super::super::order::{Order, OrderLine};
use super::*;

const ZONES: [&str; 3] = ["Asia/Shanghai", "Europe/London", "Asia/Kolkata"];
const CHANNELS: [&str; 3] = ["app", "online", "store"];
const CATEGORIES: [&str; 10] = [
    "",
    "service",
    "service/postage",
    "services",
    "tea",
    "tea/green",
    "cups",
    "home/service",
    "books",
    "toys",
];

/// An order of lines of (category, pieces, pieces that came back).
fn order(at: &str, channel: &str, lines: &[(&str, i64, i64)]) -> RecordedOrder {
    let time: Timestamp = at.parse().unwrap();
    let line = |(category, quantity, _): &(&str, i64, i64)| OrderLine {
        line_id: String::new(),
        product_id: "p".to_owned(),
        product_name: String::new(),
        category: (*category).to_owned(),
        quantity: *quantity,
        amount: 0,
    };
    let back = |(_, _, quantity): &(&str, i64, i64)| Returned {
        quantity: *quantity,
        refund: 0,
    };
    RecordedOrder {
        customer: CustomerId(Uuid::nil()),
        entry_id: Uuid::nil(),
        record_time: time,
        order: Order {
            id: OrderId("o".to_owned()),
            channel: channel.to_owned(),
            store_id: String::new(),
            time,
            currency: Currency::parse("GBP").unwrap(),
            total: 0,
            lines: lines.iter().map(line).collect(),
        },
        returned: lines.iter().map(back).collect(),
    }
}

/// The latest first, those of one instant as they come.
fn latest<'o>(orders: impl IntoIterator<Item = &'o RecordedOrder>) -> Vec<&'o RecordedOrder> {
    let mut latest: Vec<_> = orders.into_iter().collect();
    latest.sort_by_key(|it| Reverse(it.order.time));
    latest
}

fn habits_of_at_most<'o>(
    most: u16,
    zone: &str,
    orders: impl IntoIterator<Item = &'o RecordedOrder>,
) -> Habits {
    let mut tallies = Tallies::new(Zone::parse(zone).unwrap(), most);
    let taken = latest(orders).into_iter().take(usize::from(most) + 1);
    taken.for_each(|order| tallies.take(order));
    tallies.habits()
}

fn habits<'o>(zone: &str, orders: impl IntoIterator<Item = &'o RecordedOrder>) -> Habits {
    habits_of_at_most(MOST_ORDERS, zone, orders)
}

fn named(habits: &Habits) -> Vec<(&str, i64)> {
    let named = habits.categories.iter();
    named
        .map(|it| (it.category.as_str(), it.order_count))
        .collect()
}

#[test]
fn without_orders_there_are_no_habits() {
    assert_eq!(habits("UTC", []), Habits::default());
}

#[test]
fn the_hour_is_that_where_the_customer_lives_on_the_day_of_the_order() {
    let winter = order("2025-01-10T08:59:59Z", "app", &[("tea", 1, 0)]);
    let summer = order("2025-07-10T08:00:00Z", "app", &[("tea", 1, 0)]);
    let hour = |zone: &str, order: &RecordedOrder| habits(zone, [order]).hour;
    assert_eq!(
        (
            hour("Europe/London", &winter),
            hour("Europe/London", &summer)
        ),
        (Some(8), Some(9))
    );
    assert_eq!(hour("Asia/Kolkata", &winter), Some(14));
    assert_eq!(hour("Pacific/Auckland", &winter), Some(21));
}

#[test]
fn of_two_that_are_as_frequent_the_one_with_the_later_order_comes_first_then_the_name() {
    let at_nine = order(
        "2025-03-09T09:00:00Z",
        "store",
        &[("tea", 1, 0), ("cups", 1, 0)],
    );
    let at_ten = order("2025-03-08T10:00:00Z", "app", &[("books", 1, 0)]);
    let found = habits("UTC", [&at_ten, &at_nine]);
    assert_eq!(
        (found.hour, found.channel.as_deref()),
        (Some(9), Some("store"))
    );
    assert_eq!(named(&found), [("cups", 1), ("tea", 1), ("books", 1)]);
    let twin = order("2025-03-09T09:00:00Z", "app", &[("tea", 1, 0)]);
    let found = habits("UTC", [&at_nine, &twin]);
    assert_eq!(found.channel.as_deref(), Some("app"));
}

#[test]
fn what_came_back_is_no_favourite_and_still_an_order() {
    let all_back = order(
        "2025-03-09T09:00:00Z",
        "app",
        &[("tea", 2, 2), ("tea", 1, 1)],
    );
    let some_back = order(
        "2025-03-09T09:30:00Z",
        "app",
        &[("cups", 2, 1), ("tea", 1, 1), ("tea", 1, 0), ("tea", 1, 0)],
    );
    let found = habits("UTC", [&all_back, &some_back]);
    assert_eq!(named(&found), [("cups", 1), ("tea", 1)]);
    assert_eq!(
        (found.hour, habits("UTC", [&all_back]).hour),
        (Some(9), Some(9))
    );
}

#[test]
fn postage_is_nobodys_favourite() {
    let lines = ["service", "service/postage", "", "services"].map(|it| (it, 1, 0));
    let found = habits("UTC", [&order("2025-03-09T09:00:00Z", "app", &lines)]);
    assert_eq!(named(&found), [("services", 1)]);
}

fn orders() -> impl Strategy<Value = Vec<RecordedOrder>> {
    let line = (0..CATEGORIES.len(), 1_i64..3, 0_i64..3)
        .prop_map(|(category, pieces, back)| (CATEGORIES[category], pieces, back.min(pieces)));
    let lines = prop::collection::vec(line, 1..5);
    // Few instants, so that many are the same; over a night on which clocks are set.
    let order = (0_i64..40, 0..CHANNELS.len(), lines).prop_map(|(halves, channel, lines)| {
        let begin: Timestamp = "2025-03-29T16:00:00Z".parse().unwrap();
        let time = begin + SignedDuration::from_mins(30 * halves);
        order(&time.to_string(), CHANNELS[channel], &lines)
    });
    prop::collection::vec(order, 0..30)
}

/// A name, how many orders are of it, and the latest of these: more win, then the later, then the name before.
fn beats<K: Ord>(one: (&K, usize, Timestamp), other: (&K, usize, Timestamp)) -> bool {
    (one.1, one.2) > (other.1, other.2) || ((one.1, one.2) == (other.1, other.2) && one.0 < other.0)
}

/// The candidates of which there are orders, each as often as fewer others beat it.
fn by_definition<K: Ord + Clone>(
    candidates: &[K],
    orders: &[RecordedOrder],
    has: impl Fn(&RecordedOrder, &K) -> bool,
) -> Vec<(K, usize)> {
    let counted: Vec<_> = candidates
        .iter()
        .filter_map(|name| {
            let theirs = orders.iter().filter(|order| has(order, name));
            let times: Vec<_> = theirs.map(|order| order.order.time).collect();
            Some((name, times.len(), *times.iter().max()?))
        })
        .collect();
    let mut placed: Vec<Option<(K, usize)>> = vec![None; counted.len()];
    for one in &counted {
        let better = counted.iter().filter(|other| beats(**other, *one)).count();
        placed[better] = Some((one.0.clone(), one.1));
    }
    placed.into_iter().map(Option::unwrap).collect()
}

fn has_kept(order: &RecordedOrder, category: &str) -> bool {
    let lines = order.order.lines.iter().enumerate();
    let mut kept = lines.filter(|(at, line)| order.returned[*at].quantity != line.quantity);
    kept.any(|(_, line)| line.category == category)
}

/// Of more than count only those that are later than the first one too many.
fn counted(orders: &[RecordedOrder], most: u16) -> Vec<RecordedOrder> {
    let cut = latest(orders)
        .get(usize::from(most))
        .map(|it| it.order.time);
    let orders = orders.iter().cloned();
    orders
        .filter(|it| cut.is_none_or(|cut| it.order.time > cut))
        .collect()
}

proptest! {
    #[test]
    fn habits_are_those_of_a_recomputation_by_their_definitions(
        all in orders(),
        zone in 0..ZONES.len(),
        most in 1_u16..40,
    ) {
        let found = habits_of_at_most(most, ZONES[zone], &all);
        let orders = counted(&all, most);
        let local = TimeZone::get(ZONES[zone]).unwrap();
        let hours: Vec<i8> = (0..24).collect();
        let by_hour = by_definition(&hours, &orders, |order, hour| {
            local.to_datetime(order.order.time).hour() == *hour
        });
        prop_assert_eq!(found.hour, by_hour.first().map(|(hour, _)| *hour));
        let by_channel = by_definition(&CHANNELS, &orders, |order, channel| {
            order.order.channel == *channel
        });
        prop_assert_eq!(found.channel.as_deref(), by_channel.first().map(|(name, _)| *name));
        let goods: Vec<&str> = CATEGORIES
            .into_iter()
            .filter(|it| !["", "service", "service/postage"].contains(it))
            .collect();
        let by_category = by_definition(&goods, &orders, |order, name| has_kept(order, name));
        let expected: Vec<_> = by_category
            .iter()
            .take(5)
            .map(|(name, count)| (*name, i64::try_from(*count).unwrap()))
            .collect();
        prop_assert_eq!(named(&found), expected);
    }

    #[test]
    fn habits_do_not_depend_on_the_order_of_arrival(
        (orders, shuffled) in orders().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        most in 1_u16..40,
    ) {
        let (one, other) = (
            habits_of_at_most(most, ZONES[0], &orders),
            habits_of_at_most(most, ZONES[0], &shuffled),
        );
        prop_assert_eq!(one, other);
    }
}
