//! Wherever a person is, the others are told so under each of its ids.

use contract::patron::profile::v1 as proto;
use proto::{Customer, CustomerCreated, CustomerPlaced, UpdateCustomerRequest};

use prost_types::FieldMask;

use crate::harness::{Profile, request_id};
use crate::identities::{get, link, make, tell, unmerge};
use crate::imports::{shop, take_in, undo};

fn within(region_code: &str, brand: &str) -> Customer {
    Customer {
        region_code: region_code.to_owned(),
        brand: brand.to_owned(),
        ..Customer::default()
    }
}

async fn update(profile: &Profile, id: &str, paths: &[&str], customer: Customer) {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    let request = UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: id.to_owned(),
            ..customer
        }),
        update_mask: Some(FieldMask { paths }),
        request_id: request_id(),
        ..UpdateCustomerRequest::default()
    };
    let updated = profile.customers().update_customer(request).await;
    updated.unwrap();
}

/// All that was told of where an id is: revision, region, brand.
async fn told(profile: &Profile, id: &str) -> Vec<(i64, String, String)> {
    let created: Vec<CustomerCreated> = profile.payloads(id).await;
    let first = created.into_iter().map(|it| (1, it.region_code, it.brand));
    let moved: Vec<CustomerPlaced> = profile.payloads(id).await;
    let moved = moved.into_iter().map(|it| {
        assert_eq!(it.customer_id, id);
        (it.revision, it.region_code, it.brand)
    });
    first.chain(moved).collect()
}

/// What was told last of each id holds, and nothing was told that was known.
async fn check(profile: &Profile, ids: &[String], when: &str) {
    for id in ids {
        let (is, told) = (get(profile, id).await, told(profile, id).await);
        let (_, region, brand) = told.last().unwrap();
        let is = (&is.region_code, &is.brand);
        assert_eq!(is, (region, brand), "{when}: {id}");
        for (one, next) in told.iter().zip(told.iter().skip(1)) {
            let is_elsewhere = (&one.1, &one.2) != (&next.1, &next.2);
            assert!(one.0 < next.0 && is_elsewhere, "{when}: {id} {told:?}");
        }
    }
}

#[tokio::test]
async fn wherever_a_person_is_was_told_last_of_each_of_its_ids() {
    let profile = Profile::start().await;
    let mut ids = Vec::new();
    for (region, brand) in [("GB", "acme"), ("DE", "acme"), ("", "")] {
        ids.push(make(&profile, within(region, brand)).await.customer_id);
    }
    let [a, b, c] = [&ids[0], &ids[1], &ids[2]];
    check(&profile, &ids, "made").await;
    update(&profile, a, &["brand"], within("", "other")).await;
    check(&profile, &ids, "updated").await;
    let named = Customer {
        display_name: "Ann".to_owned(),
        ..Customer::default()
    };
    update(&profile, a, &["display_name"], named).await;
    check(&profile, &ids, "another field").await;
    let of_ab = link(&profile, a, b).await;
    check(&profile, &ids, "two are one").await;
    let of_bc = link(&profile, b, c).await;
    check(&profile, &ids, "three are one").await;
    update(&profile, c, &["region_code"], within("FR", "")).await;
    check(&profile, &ids, "the person moved").await;
    unmerge(&profile, a, &of_ab).await.unwrap();
    check(&profile, &ids, "the first link goes first").await;
    tell(&profile, b, ("app", "1"), 5, within("IT", "acme"))
        .await
        .unwrap();
    check(&profile, &ids, "a channel says so").await;
    unmerge(&profile, b, &of_bc).await.unwrap();
    check(&profile, &ids, "three again").await;
}

#[tokio::test]
async fn what_a_file_says_of_a_place_is_told_and_told_back_when_it_is_undone() {
    let profile = Profile::start().await;
    let said = within("GB", "");
    let known = tell(&profile, "", ("shop", "1"), -10, said).await.unwrap();
    let known = known.customer.unwrap().customer_id;
    let import = shop(&[("no", "source_key"), ("region", "region_code")]);
    let done = take_in(&profile, import, b"no,region\n1,DE\n").await;
    check(&profile, std::slice::from_ref(&known), "taken in").await;
    assert_eq!(get(&profile, &known).await.region_code, "DE");
    undo(&profile, &done.import_id).await;
    check(&profile, std::slice::from_ref(&known), "undone").await;
    let told = told(&profile, &known).await;
    let regions: Vec<_> = told.iter().map(|(_, region, _)| region.as_str()).collect();
    assert_eq!(regions, ["GB", "DE", "GB"]);
}
