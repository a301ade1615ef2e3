//! An account manager knows the customers who are assigned to it, by whatever method, and nobody else: whoever is joined,
//! parted, handed over or erased meanwhile.

use std::collections::BTreeSet;

use access::{Claims, Method, MethodRules, Records};
use contract::patron::profile::v1::{
    Customer, GetCustomerRequest, ListCustomersRequest, ListStaleCustomersRequest,
    LookupCustomerRequest, SearchCustomersRequest, SearchCustomersResponse,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use prost::Message as _;
use tonic::Code;

use crate::accounts::{asking, assign, manager, manager_of, put};
use crate::confined::{call, input, is_client_streaming, naming};
use crate::harness::{Bearer, Profile, create, fields, identifier, metadata};
use crate::identities::{link, merge, tell, unmerge};
use crate::search::crowd;

const ROLE: &str = "account-manager";

fn bearer(subject: &str) -> Bearer {
    Bearer::claiming(&Claims {
        subject: subject.to_owned(),
        roles: vec![ROLE.to_owned()],
        ..Claims::default()
    })
}

fn phone(nth: usize) -> String {
    format!("+4479111234{nth:02}")
}

/// Somebody of whom a channel has told long ago.
async fn lucy(profile: &Profile, nth: usize) -> String {
    let details = Customer {
        display_name: "Lucy".to_owned(),
        region_code: if nth.is_multiple_of(2) { "GB" } else { "DE" }.to_owned(),
        identifiers: vec![identifier("phone", &phone(nth))],
        ..Customer::default()
    };
    let key = nth.to_string();
    let told = tell(profile, "", ("shop", &key), 1, details).await;
    told.unwrap().customer.unwrap().customer_id
}

fn checked(method: &Method) -> bool {
    let is_ours = method.service.starts_with("patron.profile.");
    is_ours && !method.anonymous && method.records == Records::Named
}

#[tokio::test]
async fn a_customer_of_another_or_of_nobody_is_not_found_by_any_method() {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 9)).await;
    put(&profile, manager("bob", &[], 9)).await;
    let (bobs, nobodys) = (lucy(&profile, 0).await, lucy(&profile, 1).await);
    assign(&profile, asking(&bobs, "bob")).await.unwrap();
    // One whom ann looked after, and who is a person now of whom bob's assignment counts.
    let (older, newer) = (lucy(&profile, 2).await, lucy(&profile, 3).await);
    assign(&profile, asking(&older, "bob")).await.unwrap();
    assign(&profile, asking(&newer, "ann")).await.unwrap();
    link(&profile, &older, &newer).await;
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let roles = access::Roles::default();
    let mut walked = 0;
    for method in rules.methods().filter(|method| checked(method)) {
        let caller = access::Caller {
            subject: "user:ann".to_owned(),
            roles: vec![ROLE.to_owned()],
            ..access::Caller::service("any")
        };
        if !roles.allows(&caller, &method.permission) {
            continue;
        }
        for id in [&bobs, &nobodys, &older, &newer] {
            let request = naming(&input(method), id, 0);
            let expected = if request.is_some() && !is_client_streaming(method) {
                Code::NotFound
            } else {
                Code::PermissionDenied
            };
            let body = request.map(|it| it.encode_to_vec()).unwrap_or_default();
            let status = call(&profile, method, bearer("ann"), body).await;
            assert_eq!(status.code(), expected, "{}: {status}", method.path);
            walked += 1;
        }
    }
    assert!(walked > 60, "{walked}");
}

/// Whom a manager finds in lists, by name, by number and by id.
async fn seen_by(profile: &Profile, who: &str, all: &[String]) -> Vec<BTreeSet<String>> {
    let mut customers = profile.customers_as(bearer(who));
    let found = found(profile, who, "luc").await;
    assert!(!found.has_more);
    let ids = |found: Vec<Customer>| found.into_iter().map(|it| it.customer_id).collect();
    let mut seen: Vec<BTreeSet<String>> = vec![ids(found.customers)];
    seen.push(listed(profile, who).await);
    seen.push(stale(profile, who).await);
    let (mut by_id, mut by_phone) = (BTreeSet::new(), BTreeSet::new());
    for (nth, customer_id) in all.iter().enumerate() {
        let customer_id = customer_id.clone();
        let got = customers
            .get_customer(GetCustomerRequest { customer_id })
            .await;
        let lookup = LookupCustomerRequest {
            kind: "phone".to_owned(),
            value: phone(nth),
        };
        let found = customers.lookup_customer(lookup).await;
        for (found, seen) in [(got, &mut by_id), (found, &mut by_phone)] {
            match found {
                Ok(customer) => _ = seen.insert(customer.into_inner().customer_id),
                Err(status) => assert_eq!(status.code(), Code::NotFound),
            }
        }
    }
    seen.extend([by_id, by_phone]);
    seen
}

#[tokio::test]
async fn a_manager_finds_its_own_however_many_others_begin_so_and_is_told_when_very_many_of_them_do()
 {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 9)).await;
    put(&profile, manager("bob", &[], 9)).await;
    let (anns, bobs) = (lucy(&profile, 0).await, lucy(&profile, 1).await);
    assign(&profile, asking(&anns, "ann")).await.unwrap();
    assign(&profile, asking(&bobs, "bob")).await.unwrap();
    crowd(&profile, &bobs).await;
    for query in ["l", "lucy"] {
        let found = found(&profile, "ann", query).await;
        let ids: Vec<_> = found.customers.iter().map(|it| &it.customer_id).collect();
        assert_eq!((ids, found.has_more), (vec![&anns], false), "{query}");
    }
    profile
        .change(
            "INSERT INTO account_assignments
                 (customer_id, manager_id, level, reason, actor, assign_time, counts)
             SELECT customer_id, 'ann', 'standard', 'new', 'bob', now(), true FROM customers
             ON CONFLICT DO NOTHING",
        )
        .await;
    assert!(found(&profile, "ann", "lucy").await.has_more);
    assert!(!found(&profile, "ann", "lucyx").await.has_more);
    assert!(!found(&profile, "bob", "lucy").await.has_more);
}

async fn found(profile: &Profile, who: &str, query: &str) -> SearchCustomersResponse {
    let search = SearchCustomersRequest {
        query: query.to_owned(),
        page_size: 0,
    };
    let mut customers = profile.customers_as(bearer(who));
    customers
        .search_customers(search)
        .await
        .unwrap()
        .into_inner()
}

async fn listed(profile: &Profile, who: &str) -> BTreeSet<String> {
    let mut customers = profile.customers_as(bearer(who));
    let (mut seen, mut page_token) = (BTreeSet::new(), String::new());
    loop {
        let page = customers.list_customers(ListCustomersRequest {
            page_size: 2,
            page_token,
            ..ListCustomersRequest::default()
        });
        let page = page.await.unwrap().into_inner();
        page_token = page.next_page_token;
        assert!(
            page.customers.len() == 2 || page_token.is_empty(),
            "pages are full"
        );
        for customer in page.customers {
            assert!(seen.insert(customer.customer_id), "each once");
        }
        if page_token.is_empty() {
            return seen;
        }
    }
}

async fn stale(profile: &Profile, who: &str) -> BTreeSet<String> {
    let mut quality = profile.quality_as(bearer(who));
    let (mut seen, mut page_token) = (BTreeSet::new(), String::new());
    loop {
        let page = quality.list_stale_customers(ListStaleCustomersRequest {
            page_size: 1,
            page_token,
        });
        let page = page.await.unwrap().into_inner();
        seen.extend(page.customers.into_iter().map(|it| it.customer_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return seen;
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Assign(usize, &'static str),
    Join(usize, usize),
    Part(usize),
}

const PEOPLE: usize = 7;

fn step() -> impl Strategy<Value = Step> {
    let one = 0..PEOPLE;
    prop_oneof![
        3 => (one.clone(), prop_oneof![Just("ann"), Just("bob")]).prop_map(|(nth, who)| Step::Assign(nth, who)),
        2 => (one.clone(), one).prop_map(|(one, other)| Step::Join(one, other)),
        1 => any::<prop::sample::Index>().prop_map(|nth| Step::Part(nth.index(PEOPLE))),
    ]
}

#[tokio::test]
async fn whatever_happens_to_customers_each_manager_sees_those_whom_it_looks_after_and_nobody_else()
{
    let profile = Profile::start().await;
    for who in ["ann", "bob", "eve"] {
        put(&profile, manager(who, &[], 50)).await;
    }
    let mut all = Vec::new();
    for nth in 0..PEOPLE {
        all.push(lucy(&profile, nth).await);
    }
    let steps = prop::collection::vec(step(), 24);
    let steps = steps.new_tree(&mut TestRunner::deterministic()).unwrap();
    let mut links: Vec<(String, String)> = Vec::new();
    for step in steps.current() {
        match step {
            Step::Assign(nth, who) => {
                assign(&profile, asking(&all[nth], who)).await.unwrap();
            }
            Step::Join(one, other) => {
                // Some are one person already.
                if let Ok(merged) = merge(&profile, &all[one], &all[other]).await {
                    links.push((all[one].clone(), merged.link.unwrap().link_id));
                }
            }
            Step::Part(nth) if !links.is_empty() => {
                let (customer, link) = links.remove(nth % links.len());
                unmerge(&profile, &customer, &link).await.unwrap();
            }
            Step::Part(_) => {}
        }
        for who in ["ann", "bob", "eve"] {
            let mut expected = BTreeSet::new();
            for id in &all {
                let (person, manager) = manager_of(&profile, id).await;
                if manager == who {
                    expected.insert(person);
                }
            }
            for seen in seen_by(&profile, who, &all).await {
                assert_eq!(seen, expected, "{who} after {step:?}");
            }
        }
    }
}

#[tokio::test]
async fn lists_within_a_region_are_of_own_customers_there_and_nobody_is_made_whom_its_maker_would_not_see()
 {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 9)).await;
    let (british, german) = (lucy(&profile, 0).await, lucy(&profile, 1).await);
    lucy(&profile, 2).await;
    for id in [&british, &german] {
        assign(&profile, asking(id, "ann")).await.unwrap();
    }
    let within = Bearer::claiming(&Claims {
        subject: "ann".to_owned(),
        roles: vec![ROLE.to_owned(), "agent".to_owned()],
        regions: vec!["DE".to_owned()],
        ..Claims::default()
    });
    for (bearer, region, expected) in [
        (bearer("ann"), "", vec![&german, &british]),
        (bearer("ann"), "GB", vec![&british]),
        (within.clone(), "", vec![&german]),
        (within, "GB", vec![]),
    ] {
        let page = ListCustomersRequest {
            region_code: region.to_owned(),
            ..ListCustomersRequest::default()
        };
        let page = profile.customers_as(bearer).list_customers(page).await;
        let page = page.unwrap().into_inner().customers;
        let ids: Vec<_> = page.iter().map(|it| &it.customer_id).collect();
        assert_eq!(ids, expected, "{region}");
    }
    let made = create(Customer::default());
    let refused = profile
        .customers_as(bearer("ann"))
        .create_customer(made)
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(metadata(&refused, "limited_by"), "records");
    assert_eq!(fields(&refused), ["customer"]);
}
