//! Nobody sees more of a person than the policies expose, in whatever answer, and nobody writes back what they
//! were shown in its place.

use access::{Claims, Proof};
use contract::google::r#type::Date;
use contract::patron::profile::v1::contact_service_client::ContactServiceClient;
use contract::patron::profile::v1::identity_service_client::IdentityServiceClient;
use contract::patron::profile::v1::{
    Customer, GetContactPolicyRequest, GetCustomerRequest, ListCustomersRequest,
    ListSourcesRequest, LookupCustomerRequest, SearchCustomersRequest, UpdateContactPolicyRequest,
    UpdateCustomerRequest,
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::harness::{Bearer, Profile, create, fields, identifier, metadata, reason, request_id};

fn lucy() -> Customer {
    Customer {
        identifiers: vec![
            identifier("phone", "13812345678"),
            identifier("email", "lucy@example.org"),
        ],
        display_name: "Lucy Wang".to_owned(),
        occupation: "Engineer".to_owned(),
        income_band: "50-80k".to_owned(),
        birth_date: Some(Date {
            year: 1985,
            month: 4,
            day: 1,
        }),
        gender: 1,
        ..Customer::default()
    }
}

async fn created(profile: &Profile) -> Customer {
    let created = profile.customers().create_customer(create(lucy())).await;
    created.unwrap().into_inner()
}

async fn seen_by(profile: &Profile, role: &str, id: &str) -> Customer {
    let request = GetCustomerRequest {
        customer_id: id.to_owned(),
    };
    let mut customers = profile.customers_as(Bearer::of(&[role]));
    customers.get_customer(request).await.unwrap().into_inner()
}

fn values(customer: &Customer) -> Vec<&str> {
    let identifiers = customer.identifiers.iter();
    identifiers.map(|it| it.value.as_str()).collect()
}

fn is_masked(customer: &Customer) {
    let mut values = values(customer);
    values.sort_unstable();
    assert_eq!(values, ["+86****5678", "l***@example.org"]);
    assert_eq!(customer.display_name, "L*** W***");
    assert_eq!(customer.occupation, "E***");
    assert_eq!(customer.income_band, "");
    assert_eq!(customer.gender, 0);
    let birth_date = customer.birth_date.unwrap();
    assert_eq!(
        (birth_date.year, birth_date.month, birth_date.day),
        (1985, 0, 0)
    );
}

#[tokio::test]
async fn an_agent_sees_masks_in_every_answer() {
    let profile = Profile::start().await;
    let lucy = created(&profile).await;
    is_masked(&seen_by(&profile, "agent", &lucy.customer_id).await);

    let mut customers = profile.customers_as(Bearer::of(&["agent"]));
    let found = customers.lookup_customer(LookupCustomerRequest {
        kind: "phone".to_owned(),
        value: "13812345678".to_owned(),
    });
    is_masked(&found.await.unwrap().into_inner());
    let page = customers.list_customers(ListCustomersRequest::default());
    is_masked(&page.await.unwrap().into_inner().customers[0]);

    let bearer = Bearer::of(&["agent"]);
    let mut identities = IdentityServiceClient::with_interceptor(profile.channel(), bearer);
    let sources = identities.list_sources(ListSourcesRequest {
        customer_id: lucy.customer_id.clone(),
        ..ListSourcesRequest::default()
    });
    let sources = sources.await.unwrap().into_inner().sources;
    assert!(sources[0].source_key.contains("****"));
    assert_eq!(
        sources[0].details.as_ref().unwrap().display_name,
        "L*** W***"
    );
}

/// Letter by letter a name could be guessed from who is found.
#[tokio::test]
async fn who_sees_names_masked_finds_by_whole_names_alone() {
    let profile = Profile::start().await;
    created(&profile).await;
    let found = async |role: &str, query: &str| {
        let mut customers = profile.customers_as(Bearer::of(&[role]));
        let request = SearchCustomersRequest {
            query: query.to_owned(),
            page_size: 0,
        };
        let found = customers.search_customers(request).await.unwrap();
        found.into_inner().customers.len()
    };
    for query in ["lu", "lucy w", "lucy", "lucy wang", "Wang"] {
        assert_eq!(found("operator", query).await, 1, "{query}");
    }
    for (query, count) in [
        ("lu", 0),
        ("lucy w", 0),
        ("lucy", 1),
        ("lucy wang", 1),
        ("Wang", 1),
    ] {
        assert_eq!(found("agent", query).await, count, "{query}");
    }
}

#[tokio::test]
async fn those_who_see_all_see_all_and_an_auditor_sees_that_it_is_there() {
    let profile = Profile::start().await;
    let lucy = created(&profile).await;
    for role in ["operator", "machine", "privacy-officer"] {
        let seen = seen_by(&profile, role, &lucy.customer_id).await;
        assert_eq!(seen, lucy, "{role}");
    }
    let audited = seen_by(&profile, "auditor", &lucy.customer_id).await;
    assert_eq!(audited.display_name, "L*** W***");
    assert_eq!(audited.income_band, "****");
}

async fn update(
    profile: &Profile,
    role: &str,
    customer: Customer,
    paths: &[&str],
) -> Result<Customer, Status> {
    let request = UpdateCustomerRequest {
        customer: Some(customer),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let mut customers = profile.customers_as(Bearer::of(&[role]));
    Ok(customers.update_customer(request).await?.into_inner())
}

#[tokio::test]
async fn what_was_shown_masked_can_not_be_written_back_and_a_new_value_can() {
    let profile = Profile::start().await;
    let lucy = created(&profile).await;
    let shown = seen_by(&profile, "agent", &lucy.customer_id).await;
    let refused = update(
        &profile,
        "agent",
        shown.clone(),
        &["display_name", "identifiers", "gender"],
    );
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(reason(&refused), "MASKED_VALUE");
    let named = fields(&refused);
    for field in [
        "customer.display_name",
        "customer.identifiers[0].value",
        "customer.birth_date",
        "customer.gender",
    ] {
        assert!(named.iter().any(|it| it == field), "{named:?}");
    }

    let renamed = Customer {
        customer_id: lucy.customer_id.clone(),
        display_name: "Lucy Li".to_owned(),
        ..Customer::default()
    };
    let answer = update(&profile, "agent", renamed, &["display_name"]);
    assert_eq!(answer.await.unwrap().display_name, "L*** L***");
    let kept = seen_by(&profile, "operator", &lucy.customer_id).await;
    assert_eq!(kept.display_name, "Lucy Li");
    assert_eq!(values(&kept), values(&lucy));
}

#[tokio::test]
async fn what_is_hidden_from_a_caller_is_not_the_callers_to_write_or_to_empty() {
    let profile = Profile::start().await;
    let lucy = created(&profile).await;
    let richer = Customer {
        customer_id: lucy.customer_id.clone(),
        income_band: "100k".to_owned(),
        ..Customer::default()
    };
    let refused = update(&profile, "agent", richer, &["income_band"]).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(reason(&refused), "FIELD_NOT_EXPOSED");
    assert_eq!(fields(&refused), ["customer.income_band"]);

    let emptied = Customer {
        customer_id: lucy.customer_id.clone(),
        ..Customer::default()
    };
    let refused = update(&profile, "agent", emptied, &["income_band"]).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "MASKED_VALUE");
    assert_eq!(fields(&refused), ["customer.income_band"]);
}

#[tokio::test]
async fn an_answer_that_is_given_again_is_as_masked_as_the_first() {
    let profile = Profile::start().await;
    let mut customers = profile.customers_as(Bearer::of(&["agent"]));
    let request = create(Customer {
        display_name: "Lucy Wang".to_owned(),
        ..Customer::default()
    });
    for _ in 0..2 {
        let answer = customers.create_customer(request.clone()).await.unwrap();
        assert_eq!(answer.into_inner().display_name, "L*** W***");
    }
}

#[tokio::test]
async fn a_change_of_policy_takes_a_strong_and_recent_proof() {
    let profile = Profile::start().await;
    let policy = profile
        .contacts()
        .get_contact_policy(GetContactPolicyRequest::default())
        .await
        .unwrap()
        .into_inner();
    let now = chassis::Clock::system().now();
    for (acr, minutes_ago, is_enough) in [
        (None, 0, false),
        (Some("pwd"), 0, false),
        (Some("phr"), 16, false),
        (Some("phr"), 1, true),
    ] {
        let bearer = Bearer::claiming(&Claims {
            subject: "ann".to_owned(),
            roles: vec!["operator".to_owned()],
            proof: Proof {
                acr: acr.map(str::to_owned),
                authenticated: Some(now - jiff::SignedDuration::from_mins(minutes_ago)),
            },
            ..Claims::default()
        });
        let mut contacts = ContactServiceClient::with_interceptor(profile.channel(), bearer);
        let answer = contacts.update_contact_policy(UpdateContactPolicyRequest {
            policy: Some(policy.clone()),
            request_id: request_id(),
            ..UpdateContactPolicyRequest::default()
        });
        let answer = answer.await;
        assert_eq!(
            answer.is_ok(),
            is_enough,
            "{acr:?} {minutes_ago} {answer:?}"
        );
        if let Err(refused) = answer {
            assert_eq!(refused.code(), Code::Unauthenticated);
            assert_eq!(reason(&refused), "STEP_UP_REQUIRED");
            assert_eq!(metadata(&refused, "acr_values"), "phr phrh");
            assert_eq!(metadata(&refused, "max_age"), "900");
        }
    }
}
