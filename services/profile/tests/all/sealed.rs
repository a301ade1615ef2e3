//! Personal data at rest: whoever reads the database reads none of it, and what was changed or moved there is noticed.

use contract::google::r#type::Date;
use contract::patron::profile::v1::{self as proto, AttributeType};
use proto::erasure::Ground;
use proto::{
    Customer, Gender, GetCustomerRequest, LookupCustomerRequest, PostalAddress,
    RequestErasureRequest, SearchCustomersRequest,
};
use testkit::places;
use tonic::{Code, Status};

use crate::attributes::{attribute, define, set};
use crate::harness::{Profile, create, identifier, request_id};
use crate::identities::{get, link, make, named, proven, tell, unmerge};
use crate::imports::take_in_usual;

/// In every text of the person.
pub(crate) const MARK: &str = "zqcanary";
const PHONE: &str = "+8613900739921";

pub(crate) fn mark(what: &str) -> String {
    format!("{MARK} {what}")
}

/// Somebody with a value in every field that is sealed.
fn canary() -> Customer {
    Customer {
        identifiers: vec![
            proven("phone", PHONE),
            identifier("email", "zqcanary@example.com"),
            identifier("member_card", &mark("card")),
        ],
        display_name: mark("shown"),
        family_name: mark("family"),
        given_name: mark("given"),
        birth_date: Some(Date {
            year: 1987,
            month: 3,
            day: 14,
        }),
        gender: Gender::Female.into(),
        occupation: mark("occupation"),
        income_band: mark("income"),
        postal_address: Some(PostalAddress {
            region_code: "GB".to_owned(),
            locality: mark("locality"),
            address_lines: vec![mark("line")],
            ..PostalAddress::default()
        }),
        region_code: "GB".to_owned(),
        ..Customer::default()
    }
}

async fn read(profile: &Profile, customer_id: &str) -> Result<Customer, Status> {
    let request = GetCustomerRequest {
        customer_id: customer_id.to_owned(),
    };
    let got = profile.customers().get_customer(request).await?;
    Ok(got.into_inner())
}

async fn known_as(profile: &Profile, kind: &str, value: &str) -> String {
    let request = LookupCustomerRequest {
        kind: kind.to_owned(),
        value: value.to_owned(),
    };
    let found = profile.customers().lookup_customer(request).await.unwrap();
    found.into_inner().customer_id
}

async fn run(profile: &Profile, statement: &'static str, ids: &[&str]) {
    let mut query = sqlx::query(statement);
    for id in ids {
        query = query.bind((*id).to_owned());
    }
    query.execute(profile.database.owner_pool()).await.unwrap();
}

#[tokio::test]
async fn whoever_reads_the_database_reads_nothing_of_a_person_who_is_found_by_all_of_it() {
    let profile = Profile::start().await;
    let made = make(&profile, canary()).await;
    let id = made.customer_id.clone();
    // The same person by a channel and by a file, and somebody who was joined and parted again.
    let said = Customer {
        display_name: mark("of a shop"),
        ..Customer::default()
    };
    let key = mark("key");
    let told = tell(&profile, &id, ("shop", &key), 5, said).await.unwrap();
    assert_eq!(told.source.unwrap().source_key, key);
    let file = format!(
        "no,name,phone,email,region\n{MARK}-7,{MARK} in a file,{MARK}-app,file@{MARK}.example,GB\n"
    );
    take_in_usual(&profile, file.as_bytes()).await;
    define(&profile, attribute("size", AttributeType::Text))
        .await
        .unwrap();
    set(&profile, &id, "size", &mark("attribute"))
        .await
        .unwrap();
    let other = make(&profile, named(&mark("other"))).await.customer_id;
    let joined = link(&profile, &id, &other).await;
    unmerge(&profile, &id, &joined).await.unwrap();

    // A refusal is kept as well.
    let taken = profile.customers().create_customer(create(canary())).await;
    assert_eq!(taken.unwrap_err().code(), Code::AlreadyExists);

    for text in [MARK, "13900739921"] {
        assert_eq!(places(&profile.database, text).await, Vec::<String>::new());
    }
    let customer = get(&profile, &id).await;
    assert_eq!(customer.identifiers, made.identifiers);
    assert_eq!(customer.postal_address, made.postal_address);
    assert_eq!(customer.birth_date, made.birth_date);
    assert_eq!(known_as(&profile, "phone", PHONE).await, id);
    assert_eq!(
        known_as(&profile, "email", "zqcanary@example.com").await,
        id
    );
    let query = format!("{MARK} fam");
    let page_size = 0;
    let search = SearchCustomersRequest { query, page_size };
    let found = profile.customers().search_customers(search).await.unwrap();
    let found = found.into_inner().customers;
    assert_eq!(
        (found.len(), found[0].customer_id.as_str()),
        (1, id.as_str())
    );
}

#[tokio::test]
async fn what_was_changed_moved_or_put_back_in_the_database_is_an_error_and_never_anothers_data() {
    let profile = Profile::start().await;
    let [one, other] = [
        make(&profile, named("Ada")).await.customer_id,
        make(&profile, named("Grace")).await.customer_id,
    ];
    run(
        &profile,
        "CREATE TABLE kept AS SELECT * FROM customers",
        &[],
    )
    .await;
    run(
        &profile,
        "CREATE TABLE kept_keys AS SELECT * FROM subject_keys",
        &[],
    )
    .await;
    for tamper in [
        "UPDATE customers SET personal = set_byte(personal, 20, get_byte(personal, 20) # 1)
         WHERE customer_id = $1::uuid AND $2 <> ''",
        "UPDATE customers SET personal = its.personal FROM customers AS its
         WHERE customers.customer_id = $1::uuid AND its.customer_id = $2::uuid",
        "UPDATE customers SET version = version + 1 WHERE customer_id = $1::uuid AND $2 <> ''",
        "UPDATE subject_keys SET wrapped = its.wrapped FROM subject_keys AS its
         WHERE subject_keys.customer_id = $1::uuid AND its.customer_id = $2::uuid",
    ] {
        run(&profile, tamper, &[&one, &other]).await;
        let refused = read(&profile, &one).await.unwrap_err();
        assert_eq!(refused.code(), Code::Internal, "{tamper}");
        assert_eq!(read(&profile, &other).await.unwrap().display_name, "Grace");
        for mend in [
            "UPDATE customers SET personal = kept.personal, version = kept.version FROM kept
             WHERE customers.customer_id = kept.customer_id",
            "UPDATE subject_keys SET wrapped = its.wrapped FROM kept_keys AS its
             WHERE subject_keys.customer_id = its.customer_id",
        ] {
            run(&profile, mend, &[]).await;
        }
        assert_eq!(read(&profile, &one).await.unwrap().display_name, "Ada");
    }
}

#[tokio::test]
async fn rows_of_before_an_erasure_open_no_more() {
    let profile = Profile::start().await;
    let id = make(&profile, named("Ada")).await.customer_id;
    run(
        &profile,
        "CREATE TABLE kept AS SELECT * FROM customers",
        &[],
    )
    .await;
    let request = RequestErasureRequest {
        customer_id: id.clone(),
        ground: Ground::Objection.into(),
        request_id: request_id(),
    };
    profile.privacy().request_erasure(request).await.unwrap();
    // But for that of the audit record, which is nobody's.
    let keys = "SELECT count(*) FROM subject_keys WHERE wrapped IS NOT NULL
                AND customer_id NOT IN (SELECT chain_id FROM audit_chains)";
    assert_eq!(profile.count(keys).await, 0);
    run(
        &profile,
        "INSERT INTO customers SELECT * FROM kept ON CONFLICT DO NOTHING",
        &[],
    )
    .await;
    let refused = read(&profile, &id).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}
