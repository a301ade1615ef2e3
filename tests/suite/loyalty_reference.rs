//! The demo's points, tiers and liability, computed a second time by a program that shares nothing
//! with Patron (`tests/loyalty_reference.py`), are equal.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use crate::support::{Api, Patron, Reference, demo, request_id};

/// Longest wait for the events of the demo to have their effect.
const PATIENCE: Duration = Duration::from_mins(5);
/// Members that are read at the same time.
const AT_ONCE: usize = 8;

/// Customer ids by the account number that the orders carry.
async fn customers(api: &Api) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut token = String::new();
    loop {
        let page = api
            .get(&format!("/v1/customers?page_size=500&page_token={token}"))
            .await;
        for customer in page.body["customers"].as_array().unwrap() {
            let account = customer["identifiers"][0]["value"].as_str().unwrap();
            let id = customer["customerId"].as_str().unwrap();
            found.insert(account.to_owned(), id.to_owned());
        }
        token = page.text("nextPageToken");
        if token.is_empty() {
            return found;
        }
    }
}

/// Account, available points and tier of a member.
type Standing = (String, i64, String);

async fn standing(api: &Api, account: String, customer: String) -> Result<Standing, String> {
    let member = api.get(&format!("/v1/members/{customer}")).await;
    if member.status != 200 {
        return Err(format!("account {account}: {member:?}"));
    }
    let balance = &member.body["balance"];
    let available = balance["available"].as_str().unwrap().parse().unwrap();
    let tier = member.body["tiers"][0]["tierId"]
        .as_str()
        .unwrap_or_default();
    Ok((account, available, tier.to_owned()))
}

async fn standings(
    api: &Api,
    customers: &BTreeMap<String, String>,
) -> Result<Vec<Standing>, String> {
    let members = customers.clone().into_iter();
    futures_util::stream::iter(members)
        .map(|(account, customer)| standing(api, account, customer))
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

fn expected(reference: &Reference) -> Vec<Standing> {
    let members = reference.members.iter();
    members
        .map(|(account, member)| (account.clone(), member.available, member.tier.clone()))
        .collect()
}

/// The liability report over everything.
async fn liability(api: &Api) -> Value {
    let path = format!(
        "/v1/programs/default/liability-reports?request_id={}",
        request_id()
    );
    let begun = api.post(&path, &json!({})).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let path = format!(
        "/v1/programs/default/liability-reports/{}",
        begun.text("reportId")
    );
    let give_up = Instant::now() + PATIENCE;
    loop {
        let report = api.get(&path).await;
        match report.body["status"]["state"].as_str() {
            Some("STATE_SUCCEEDED") => return report.body,
            Some("STATE_QUEUED" | "STATE_RUNNING") => {}
            _ => panic!("{report:?}"),
        }
        assert!(Instant::now() < give_up, "{report:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn every_member_s_points_and_tier_and_the_liability_are_those_of_an_independent_program() {
    let patron = Patron::start(&["--demo", demo().to_str().unwrap()]);
    patron.wait_for_demo();
    let api = patron.api();
    let reference = Reference::of(&demo(), patron.demo_shift_weeks());
    let expected = expected(&reference);

    let customers = customers(&api).await;
    let give_up = Instant::now() + PATIENCE;
    loop {
        let found = standings(&api, &customers).await;
        if found.as_ref() == Ok(&expected) {
            break;
        }
        if Instant::now() > give_up {
            let found = found.unwrap();
            let differing: Vec<_> = found
                .iter()
                .zip(&expected)
                .filter(|(a, b)| a != b)
                .collect();
            panic!(
                "{} of {} members differ: {:?}",
                differing.len(),
                expected.len(),
                differing.iter().take(10).collect::<Vec<_>>()
            );
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    let report = liability(&api).await;
    assert_eq!(report["balanced"], true, "{}", report["difference"]);
    let total = |name: &str| {
        let text = report["total"][name].as_str().unwrap();
        text.parse::<i64>().unwrap()
    };
    assert_eq!(total("issued"), reference.issued);
    assert_eq!(total("clawedBack"), -reference.clawed_back);
    assert_eq!(total("expired"), -reference.expired);
    assert_eq!(total("closing"), reference.available);
    assert_eq!(
        report["closingValue"]["amountMinor"],
        reference.liability_minor.to_string()
    );
}
