//! Habits follow from the timeline: whatever comes late, comes back or is joined counts at once.

use contract::patron::profile::v1::{
    BatchRecordActivitiesRequest, Customer, CustomerTraits, Order, UpdateCustomerRequest,
};

use crate::harness::{Profile, give_back, minute, order, order_input, request_id};
use crate::identities::{link, make, unmerge};
use crate::segments::{define, members};

const HOUR: i64 = 60;

/// An order of one piece of each of these categories, so many minutes after nine of a Sunday in March.
fn bought(customer_id: &str, id: &str, at: i64, channel: &str, categories: &[&str]) -> Order {
    let pieces = vec![(1, 100); categories.len()];
    let mut order = order(customer_id, id, &pieces);
    order.order_time = Some(minute(at));
    channel.clone_into(&mut order.channel);
    for (line, category) in order.lines.iter_mut().zip(categories) {
        (*category).clone_into(&mut line.category);
    }
    order
}

fn favourites(traits: &CustomerTraits) -> Vec<(&str, i64)> {
    let favourites = traits.favourite_categories.iter();
    favourites
        .map(|it| (it.category.as_str(), it.order_count))
        .collect()
}

fn hour_and_channel(traits: &CustomerTraits) -> (Option<i32>, &str) {
    (traits.usual_hour, traits.usual_channel.as_str())
}

async fn record(profile: &Profile, orders: impl IntoIterator<Item = Order>) {
    for order in orders {
        profile.record_order(order).await.unwrap();
    }
}

#[tokio::test]
async fn who_has_bought_nothing_has_no_habits() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let traits = profile.traits(&anna).await;
    assert_eq!(favourites(&traits), []);
    assert_eq!(hour_and_channel(&traits), (None, ""));
}

#[tokio::test]
async fn an_order_that_comes_late_changes_what_is_usual() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let tea = ["grocery/tea", "service/postage"];
    let first = [
        bought(&anna, "o-1", 5 * HOUR, "store", &["books"]),
        bought(&anna, "o-2", HOUR, "app", &tea),
    ];
    record(&profile, first).await;
    let traits = profile.traits(&anna).await;
    assert_eq!(favourites(&traits), [("books", 1), ("grocery/tea", 1)]);
    assert_eq!(hour_and_channel(&traits), (Some(14), "store"));

    record(&profile, [bought(&anna, "o-3", HOUR, "app", &tea)]).await;
    let traits = profile.traits(&anna).await;
    assert_eq!(favourites(&traits), [("grocery/tea", 2), ("books", 1)]);
    assert_eq!(hour_and_channel(&traits), (Some(10), "app"));
}

#[tokio::test]
async fn a_category_all_of_which_came_back_is_no_favourite_whenever_the_return_is_told() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    // Told before its order.
    let early = give_back(&anna, ("r-1", "o-1"), &[("1", 1)]);
    profile.record_return(early).await.unwrap();
    let mut cups = bought(&anna, "o-2", 2, "app", &["cups"]);
    cups.lines[0].quantity = 2;
    let mixed = bought(&anna, "o-1", 1, "app", &["books", "tea"]);
    record(&profile, [mixed, cups]).await;
    let left = async || {
        let traits = profile.traits(&anna).await;
        let names = traits.favourite_categories.into_iter();
        let names: Vec<_> = names.map(|it| it.category).collect();
        (names.join(" "), traits.usual_channel)
    };
    let app = || "app".to_owned();
    assert_eq!(left().await, ("cups tea".to_owned(), app()));
    let steps = [
        ("r-2", "o-2", "1", "cups tea"),
        ("r-3", "o-2", "1", "tea"),
        ("r-4", "o-1", "2", ""),
    ];
    for (id, of, line, names) in steps {
        let back = give_back(&anna, (id, of), &[(line, 1)]);
        profile.record_return(back).await.unwrap();
        assert_eq!(left().await, (names.to_owned(), app()), "{id}");
    }
}

#[tokio::test]
async fn who_is_joined_has_the_habits_of_both_and_who_is_parted_its_own() {
    let profile = Profile::start().await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    let orders = [
        bought(&anna, "o-1", 3 * HOUR, "store", &["books"]),
        bought(&anna, "o-2", HOUR, "app", &["tea"]),
        bought(&ann, "o-3", 2 * HOUR, "online", &["cups"]),
        bought(&ann, "o-4", HOUR, "app", &["tea", "cups"]),
    ];
    record(&profile, orders).await;
    let (own, other) = (profile.traits(&anna).await, profile.traits(&ann).await);
    assert_eq!(hour_and_channel(&own), (Some(12), "store"));
    assert_eq!(hour_and_channel(&other), (Some(11), "online"));

    let link_id = link(&profile, &anna, &ann).await;
    let both = profile.traits(&ann).await;
    let expected = [("cups", 2), ("tea", 2), ("books", 1)];
    assert_eq!(favourites(&both), expected);
    assert_eq!(hour_and_channel(&both), (Some(10), "app"));
    assert_eq!(profile.traits(&anna).await, both);

    unmerge(&profile, &anna, &link_id).await.unwrap();
    let parted = (profile.traits(&anna).await, profile.traits(&ann).await);
    assert_eq!(parted, (own, other));
}

#[tokio::test]
async fn the_usual_hour_is_told_where_the_customer_lives() {
    let profile = Profile::start().await;
    let living_in = |time_zone: &str| Customer {
        time_zone: time_zone.to_owned(),
        ..Customer::default()
    };
    let anna = make(&profile, living_in("Asia/Kolkata")).await.customer_id;
    record(&profile, [bought(&anna, "o-1", 0, "app", &["tea"])]).await;
    assert_eq!(profile.traits(&anna).await.usual_hour, Some(14));

    let moved = UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: anna.clone(),
            ..living_in("Asia/Shanghai")
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["time_zone".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    profile.customers().update_customer(moved).await.unwrap();
    assert_eq!(profile.traits(&anna).await.usual_hour, Some(17));
}

#[tokio::test]
async fn habits_are_those_of_the_latest_thousand_orders_under_whichever_id() {
    let profile = Profile::start().await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    // 20 in each of 30 minutes of the day before, then 501 within two minutes. Of the 1,001 latest the last one is
    // of a minute of which no order counts.
    let orders = (0..1_101_i64).map(|nth| {
        let who = if nth % 2 == 0 { &anna } else { &ann };
        let id = format!("o-{nth:04}");
        if nth < 600 {
            bought(who, &id, nth % 30 - 24 * HOUR, "store", &["books"])
        } else {
            bought(who, &id, 3 * HOUR + nth % 2, "app", &["tea"])
        }
    });
    let inputs: Vec<_> = orders.map(order_input).collect();
    for items in inputs.chunks(500) {
        let items = items.to_vec();
        let request = BatchRecordActivitiesRequest { items };
        let recorded = profile.activities().batch_record_activities(request).await;
        let results = recorded.unwrap().into_inner().results;
        assert!(results.iter().all(|it| it.error.is_none()));
    }
    link(&profile, &anna, &ann).await;
    let traits = profile.traits(&anna).await;
    assert_eq!(traits.order_count, 1_101);
    assert_eq!(favourites(&traits), [("tea", 501), ("books", 480)]);
    assert_eq!(hour_and_channel(&traits), (Some(12), "app"));
}

#[tokio::test]
async fn who_belongs_to_a_segment_of_a_habit_follows_orders_and_returns() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let condition = "orders.?favourite_category.orValue('') == 'books' \
                     && orders.?usual_hour.orValue(0) == 9 \
                     && orders.?usual_channel.orValue('') == 'app'";
    define(&profile, "readers", condition).await.unwrap();
    assert_eq!(members(&profile, "readers").await, Vec::<String>::new());
    record(&profile, [bought(&anna, "o-2", 2, "app", &["books"])]).await;
    let only_anna = std::slice::from_ref(&anna);
    assert_eq!(members(&profile, "readers").await, only_anna);

    let back = give_back(&anna, ("r-1", "o-2"), &[("1", 1)]);
    profile.record_return(back).await.unwrap();
    assert_eq!(members(&profile, "readers").await, Vec::<String>::new());
    // Told late: it was placed before the other.
    record(&profile, [bought(&anna, "o-1", 1, "app", &["books"])]).await;
    assert_eq!(members(&profile, "readers").await, only_anna);
}
