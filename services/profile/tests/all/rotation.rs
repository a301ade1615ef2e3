//! Keys are rotated while the service goes on, and the old ones can then be taken out of the keyring.

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use proto::{Customer, LookupCustomerRequest, SearchCustomersRequest};
use testkit::keyrings;

use crate::harness::{Profile, create, identifier, reason, silent, until};
use crate::identities::{get, link, make, named, tell, unmerge};

const PHONE: &str = "+8613900739921";

fn ada() -> Customer {
    Customer {
        identifiers: vec![identifier("phone", PHONE)],
        ..named("Ada Lovelace")
    }
}

async fn finds(profile: &Profile, customer_id: &str) {
    let lookup = LookupCustomerRequest {
        kind: "phone".to_owned(),
        value: PHONE.to_owned(),
    };
    let found = profile.customers().lookup_customer(lookup).await.unwrap();
    assert_eq!(found.get_ref().customer_id, customer_id);
    let search = SearchCustomersRequest {
        query: "grac".to_owned(),
        page_size: 0,
    };
    let found = profile.customers().search_customers(search).await.unwrap();
    let found = found.get_ref().customers.first().unwrap();
    assert_eq!(found.customer_id, customer_id);
    let refused = profile.customers().create_customer(create(ada())).await;
    assert_eq!(reason(&refused.unwrap_err()), "IDENTIFIER_TAKEN");
    let told = tell(profile, "", ("shop", "77"), 5, named("Ada L")).await;
    assert_eq!(told.unwrap().customer.unwrap().customer_id, customer_id);
}

#[tokio::test]
async fn what_does_not_open_keeps_nothing_else_from_being_made_anew_and_goes_on_being_counted() {
    let [before, during, _] = keyrings();
    let profile = Profile::start_among(Clock::system(), &silent(), before).await;
    let mut people = Vec::new();
    for nth in 0..5 {
        people.push(
            make(&profile, named(&format!("Ada {nth}")))
                .await
                .customer_id,
        );
    }
    let broken = "UPDATE TABLE SET COLUMN = set_byte(COLUMN, 20, get_byte(COLUMN, 20) # 1) WHERE customer_id = 'WHO'";
    for (table, column, who) in [
        ("customers", "personal", &people[1]),
        ("subject_keys", "wrapped", &people[2]),
    ] {
        let broken = broken.replace("TABLE", table).replace("COLUMN", column);
        profile.change(&broken.replace("WHO", who)).await;
    }
    let profile = profile.restart_with(during).await;
    let left = "SELECT 10 * (SELECT count(*) FROM subject_keys WHERE master_id <> 'new')
                     + (SELECT count(*) FROM customers WHERE index_id <> 'new')";
    until("what opens was made anew", async || {
        (profile.count(left).await == 10 + 2).then_some(())
    })
    .await;
    until("the key that does not open is counted", async || {
        (profile.metric("profile_keys_to_rewrap").await == "1").then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_old_keys_can_be_taken_out_when_everything_was_made_anew_and_meanwhile_both_hold() {
    let [before, during, after] = keyrings();
    let profile = Profile::start_among(Clock::system(), &silent(), before).await;
    let id = make(&profile, ada()).await.customer_id;
    tell(&profile, &id, ("shop", "77"), 4, named("Ada"))
        .await
        .unwrap();
    let other = make(&profile, named("Grace")).await.customer_id;
    tell(&profile, &other, ("shop", "78"), 4, named("Grace H"))
        .await
        .unwrap();
    let joined = link(&profile, &id, &other).await;

    let profile = profile.restart_with(during).await;
    for nth in 0..20 {
        make(&profile, named(&format!("Somebody {nth}"))).await;
        finds(&profile, &id).await;
    }
    let left = "SELECT (SELECT count(*) FROM subject_keys WHERE master_id <> 'new')
                     + (SELECT count(*) FROM customers WHERE index_id <> 'new')
                     + (SELECT count(*) FROM identifier_owners WHERE key_id <> 'new')
                     + (SELECT count(*) FROM source_keys WHERE key_id <> 'new')";
    until("nothing of the old keys is left", async || {
        (profile.count(left).await == 0).then_some(())
    })
    .await;

    let profile = profile.restart_with(after).await;
    finds(&profile, &id).await;
    unmerge(&profile, &id, &joined).await.unwrap();
    assert_eq!(get(&profile, &other).await.display_name, "Grace");
    let told = tell(&profile, "", ("shop", "78"), 6, named("Grace")).await;
    assert_eq!(told.unwrap().customer.unwrap().customer_id, other);
}
