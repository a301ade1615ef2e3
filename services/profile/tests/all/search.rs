//! Customers found by how their names begin.

use contract::patron::profile::v1 as proto;
use proto::{Customer, SearchCustomersRequest, SearchCustomersResponse, UpdateCustomerRequest};
use tonic::{Code, Status};

use crate::harness::{Bearer, Profile, fields, request_id};
use crate::identities::{link, make, named, unmerge};

fn asking(query: &str, page_size: i32) -> SearchCustomersRequest {
    SearchCustomersRequest {
        query: query.to_owned(),
        page_size,
    }
}

async fn search(profile: &Profile, query: &str) -> Result<SearchCustomersResponse, Status> {
    let found = profile.customers().search_customers(asking(query, 0)).await;
    Ok(found?.into_inner())
}

/// Their names, in the order of the answer.
async fn names(profile: &Profile, query: &str) -> Vec<String> {
    let found = search(profile, query).await.unwrap();
    assert!(!found.has_more);
    let shown = |it: Customer| format!("{}{}{}", it.display_name, it.family_name, it.given_name);
    found.customers.into_iter().map(shown).collect()
}

/// As many others who are called like somebody that not all of them are looked at.
pub(crate) async fn crowd(profile: &Profile, customer_id: &str) {
    others(profile, customer_id, 500).await;
}

/// So many others who are called like somebody. Nobody has a key to open them, so they are met and not found.
async fn others(profile: &Profile, customer_id: &str, count: u32) {
    let others = format!(
        "INSERT INTO customers
         SELECT another.* FROM customers AS known
         CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id FROM generate_series(1, {count})) AS new
         CROSS JOIN LATERAL jsonb_populate_record(
             known, jsonb_build_object('customer_id', new.id, 'profile_id', new.id)
         ) AS another
         WHERE known.customer_id = '{customer_id}'"
    );
    profile.change(&others).await;
}

fn called(family: &str, given: &str) -> Customer {
    Customer {
        family_name: family.to_owned(),
        given_name: given.to_owned(),
        ..Customer::default()
    }
}

#[tokio::test]
async fn names_are_found_by_how_they_begin_in_order_and_each_customer_once() {
    let profile = Profile::start().await;
    for customer in [
        called("Müller", "Anna"),
        called("Anders", "Änne"),
        called("王", "小明"),
        named("Annabel Lee"),
        named("%"),
    ] {
        make(&profile, customer).await;
    }
    assert_eq!(
        names(&profile, "an").await,
        ["AndersÄnne", "Annabel Lee", "MüllerAnna"]
    );
    assert_eq!(names(&profile, "MULLER, a").await, ["MüllerAnna"]);
    assert_eq!(names(&profile, "lee").await, ["Annabel Lee"]);
    for query in ["王", "王小", "小明", "wang xiaom"] {
        assert_eq!(names(&profile, query).await, ["王小明"], "{query}");
    }
    assert_eq!(names(&profile, "nn").await, Vec::<String>::new());

    let found = profile.customers().search_customers(asking("an", 2)).await;
    let found = found.unwrap().into_inner();
    assert_eq!((found.customers.len(), found.has_more), (2, true));
    for query in ["", "%", "\0a"] {
        let refused = search(&profile, query).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{query:?}");
        assert_eq!(fields(&refused), ["query"], "{query:?}");
    }
}

#[tokio::test]
async fn a_search_follows_changes_merges_and_unmerges() {
    let profile = Profile::start().await;
    let anna = make(&profile, called("Müller", "Anna")).await.customer_id;
    let other = make(&profile, called("Weber", "Anna")).await.customer_id;
    let request = UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: anna.clone(),
            ..called("Schmidt", "")
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["family_name".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    profile.customers().update_customer(request).await.unwrap();
    assert_eq!(names(&profile, "mü").await, Vec::<String>::new());
    assert_eq!(names(&profile, "schmidt").await, ["SchmidtAnna"]);

    let joined = link(&profile, &anna, &other).await;
    assert_eq!(names(&profile, "anna").await.len(), 1);
    unmerge(&profile, &anna, &joined).await.unwrap();
    assert_eq!(names(&profile, "anna").await.len(), 2);
}

#[tokio::test]
async fn a_search_knows_the_callers_regions_alone_and_shows_what_the_caller_sees() {
    let profile = Profile::start().await;
    for region in ["GB", "DE"] {
        let region_code = region.to_owned();
        let customer = Customer {
            region_code,
            ..named("Lucy Wright")
        };
        make(&profile, customer).await;
    }
    let mut customers = profile.customers_as(Bearer::within("sales", &["GB"]));
    let found = customers.search_customers(asking("wright", 0)).await;
    let regions: Vec<_> = found.unwrap().into_inner().customers;
    let regions: Vec<_> = regions.into_iter().map(|it| it.region_code).collect();
    assert_eq!(regions, ["GB"]);

    let mut customers = profile.customers_as(Bearer::of(&["agent"]));
    let found = customers.search_customers(asking("lucy", 1)).await;
    let found = found.unwrap().into_inner();
    assert!(found.has_more);
    assert_eq!(found.customers[0].display_name, "L*** W***");
}

#[tokio::test]
async fn whoever_sees_a_region_is_told_that_another_letter_helps_where_very_many_begin_so() {
    let profile = Profile::start().await;
    let british = |name: &str| Customer {
        region_code: "GB".to_owned(),
        ..named(name)
    };
    let german = Customer {
        region_code: "DE".to_owned(),
        ..named("Anna")
    };
    let anna = make(&profile, german).await.customer_id;
    make(&profile, british("Annz")).await;
    crowd(&profile, &anna).await;
    let british = || profile.customers_as(Bearer::within("sales", &["GB"]));
    let found = british().search_customers(asking("ann", 0)).await;
    assert!(found.unwrap().into_inner().has_more);
    let found = british().search_customers(asking("annz", 0)).await;
    let found = found.unwrap().into_inner();
    assert_eq!((found.customers.len(), found.has_more), (1, false));
}

#[tokio::test]
async fn a_hundred_are_put_in_order_and_of_more_as_many_are_shown_as_are_asked_for() {
    let profile = Profile::start().await;
    let anna = make(&profile, named("Anna")).await.customer_id;
    for _ in 0..98 {
        make(&profile, named("Anna")).await;
    }
    make(&profile, named("Ann")).await;
    let found = async |size| {
        let found = profile
            .customers()
            .search_customers(asking("ann", size))
            .await;
        found.unwrap().into_inner()
    };
    let all = found(100).await;
    assert_eq!((all.customers.len(), all.has_more), (100, false));
    assert_eq!(all.customers[0].display_name, "Ann");
    let first = found(1).await;
    assert_eq!(first.customers[0].display_name, "Ann");
    assert!(first.has_more);

    make(&profile, named("Anna")).await;
    let some = found(100).await;
    assert_eq!((some.customers.len(), some.has_more), (100, true));
    // So many that the index gives a part of them, by chance.
    others(&profile, &anna, 8_000).await;
    assert!(found(100).await.has_more);
    assert!(!search(&profile, "annb").await.unwrap().has_more);
}
