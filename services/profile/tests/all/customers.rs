//! Records of customers: created and changed once per request, found by what identifies them.

use contract::google::r#type::Date;
use contract::patron::profile::v1::activity_result::Outcome;
use contract::patron::profile::v1::{
    ActivityInput, BatchRecordActivitiesRequest, CreateCustomerRequest, Customer, CustomerCreated,
    CustomerUpdated, Gender, GetCustomerRequest, LookupCustomerRequest, UpdateCustomerRequest,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::harness::{
    Profile, at_once, create, fields, identifier, metadata, order, order_input, reason, request_id,
};
use crate::identities::{link, make};

fn ada() -> Customer {
    Customer {
        identifiers: vec![
            identifier("phone", "+442079460001"),
            identifier("app", "ada"),
        ],
        display_name: "Ada".to_owned(),
        birth_date: Some(Date {
            year: 0,
            month: 2,
            day: 29,
        }),
        gender: Gender::Female.into(),
        region_code: "GB".to_owned(),
        time_zone: "Europe/London".to_owned(),
        language_code: "en-GB".to_owned(),
        ..Customer::default()
    }
}

fn update(customer: Customer, paths: &[&str]) -> UpdateCustomerRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateCustomerRequest {
        customer: Some(customer),
        update_mask: Some(FieldMask { paths }),
        request_id: request_id(),
        validate_only: false,
    }
}

async fn get(profile: &Profile, customer_id: &str) -> Customer {
    let request = GetCustomerRequest {
        customer_id: customer_id.to_owned(),
    };
    profile
        .customers()
        .get_customer(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn a_customer_is_created_once_and_read_back_as_it_was_answered() {
    let profile = Profile::start().await;
    let request = create(ada());
    let first = profile
        .customers()
        .create_customer(request.clone())
        .await
        .unwrap();
    let again = profile.customers().create_customer(request).await.unwrap();
    assert_eq!(again.metadata().get("patron-replayed").unwrap(), "true");
    let created = first.into_inner();
    assert_eq!(again.into_inner(), created);
    assert_eq!(get(&profile, &created.customer_id).await, created);
    assert_eq!((created.identifiers.len(), created.etag.as_str()), (2, "1"));
    let announced: Vec<CustomerCreated> = profile.payloads(&created.customer_id).await;
    assert_eq!(announced.len(), 1);
    assert_eq!(
        (
            announced[0].region_code.as_str(),
            announced[0].time_zone.as_str()
        ),
        ("GB", "Europe/London")
    );
}

#[tokio::test]
async fn the_same_request_id_with_another_request_is_a_conflict_that_names_the_field() {
    let profile = Profile::start().await;
    let request = create(ada());
    profile
        .customers()
        .create_customer(request.clone())
        .await
        .unwrap();
    let customer = Customer {
        display_name: "Eve".to_owned(),
        ..ada()
    };
    let other = CreateCustomerRequest {
        customer: Some(customer),
        ..request
    };
    let refused = profile
        .customers()
        .create_customer(other)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(reason(&refused), "REQUEST_ID_CONFLICT");
    assert_eq!(metadata(&refused, "field"), "customer.display_name");
}

#[tokio::test]
async fn an_identifier_has_one_owner_and_the_refusal_does_not_tell_its_value() {
    let profile = Profile::start().await;
    profile
        .customers()
        .create_customer(create(ada()))
        .await
        .unwrap();
    let eve = Customer {
        identifiers: vec![
            identifier("app", "eve"),
            identifier("phone", "+442079460001"),
        ],
        ..Customer::default()
    };
    let request = create(eve);
    for _ in 0..2 {
        let refused = profile
            .customers()
            .create_customer(request.clone())
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::AlreadyExists, "IDENTIFIER_TAKEN")
        );
        assert_eq!(metadata(&refused, "kind"), "phone");
        assert_eq!(fields(&refused), ["customer.identifiers[1]"]);
        assert!(!refused.message().contains("7946"));
    }
    // What was refused has taken nothing.
    let lookup = LookupCustomerRequest {
        kind: "app".to_owned(),
        value: "eve".to_owned(),
    };
    let unknown = profile
        .customers()
        .lookup_customer(lookup)
        .await
        .unwrap_err();
    assert_eq!(reason(&unknown), "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_field() {
    let profile = Profile::start().await;
    let cases = [
        (
            Customer {
                time_zone: "Mars/Base".to_owned(),
                ..ada()
            },
            "customer.time_zone",
        ),
        (
            Customer {
                language_code: "en_GB".to_owned(),
                ..ada()
            },
            "customer.language_code",
        ),
        (
            Customer {
                birth_date: Some(Date {
                    year: 2023,
                    month: 2,
                    day: 29,
                }),
                ..ada()
            },
            "customer.birth_date",
        ),
        (
            Customer {
                birth_date: Some(Date {
                    year: 9000,
                    month: 1,
                    day: 1,
                }),
                ..ada()
            },
            "customer.birth_date",
        ),
        (
            Customer {
                occupation: "a\0b".to_owned(),
                ..ada()
            },
            "customer.occupation",
        ),
        (
            Customer {
                identifiers: vec![identifier("app", "x"), identifier("app", "x")],
                ..ada()
            },
            "customer.identifiers[1]",
        ),
    ];
    for (customer, field) in cases {
        let refused = profile
            .customers()
            .create_customer(create(customer))
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), fields(&refused)),
            (Code::InvalidArgument, vec![field.to_owned()])
        );
        assert_eq!(reason(&refused), "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn identifiers_of_nobody_and_second_values_of_a_kind_with_one_are_refused() {
    let profile = Profile::start().await;
    let placeholder = vec![identifier("app", "x"), identifier("phone", "000 000")];
    let two_cards = vec![
        identifier("member_card", "1"),
        identifier("member_card", "2"),
    ];
    for (identifiers, field) in [
        (placeholder, "customer.identifiers[1].value"),
        (two_cards, "customer.identifiers"),
    ] {
        let customer = Customer {
            identifiers,
            ..Customer::default()
        };
        let request = create(customer);
        let refused = profile.customers().create_customer(request).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(fields(&refused), [field]);
    }
    // Nor does an activity make a customer of them, whom strangers would then share.
    let item = ActivityInput {
        identifier: Some(identifier("phone", "null")),
        ..order_input(order("", "o", &[(1, 5)]))
    };
    let batch = BatchRecordActivitiesRequest { items: vec![item] };
    let answer = profile.activities().batch_record_activities(batch).await;
    let result = answer.unwrap().into_inner().results.remove(0);
    assert_eq!(result.outcome(), Outcome::Refused);
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 0);
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_changes_nothing() {
    let profile = Profile::start().await;
    let dry = CreateCustomerRequest {
        validate_only: true,
        ..create(ada())
    };
    let would_be = profile
        .customers()
        .create_customer(dry.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            would_be.customer_id.as_str(),
            would_be.display_name.as_str()
        ),
        ("", "Ada")
    );
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 0);
    // The request id is not used up.
    let wet = CreateCustomerRequest {
        validate_only: false,
        ..dry.clone()
    };
    let created = profile
        .customers()
        .create_customer(wet)
        .await
        .unwrap()
        .into_inner();
    let refused = profile.customers().create_customer(dry).await.unwrap_err();
    assert_eq!(reason(&refused), "IDENTIFIER_TAKEN");

    let renamed = Customer {
        display_name: "Countess".to_owned(),
        ..created.clone()
    };
    let dry = UpdateCustomerRequest {
        validate_only: true,
        ..update(renamed, &["display_name"])
    };
    let would_be = profile
        .customers()
        .update_customer(dry)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(would_be.display_name, "Countess");
    assert_eq!(get(&profile, &created.customer_id).await, created);
}

#[tokio::test]
async fn an_update_changes_the_named_fields_and_says_so_without_the_values() {
    let profile = Profile::start().await;
    let created = profile
        .customers()
        .create_customer(create(ada()))
        .await
        .unwrap()
        .into_inner();
    let sent = Customer {
        customer_id: created.customer_id.clone(),
        display_name: "Ada King".to_owned(),
        identifiers: vec![
            identifier("app", "ada"),
            identifier("email", "ada@example.com"),
        ],
        // Not in the mask, so not looked at.
        birth_date: Some(Date {
            year: 1,
            month: 99,
            day: 0,
        }),
        ..Customer::default()
    };
    let request = update(sent, &["display_name", "identifiers", "region_code"]);
    let updated = profile
        .customers()
        .update_customer(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (updated.display_name.as_str(), updated.region_code.as_str()),
        ("Ada King", "")
    );
    assert_eq!(
        (updated.birth_date, updated.etag.as_str()),
        (created.birth_date, "2")
    );
    assert_eq!(get(&profile, &created.customer_id).await, updated);

    let announced: Vec<CustomerUpdated> = profile.payloads(&created.customer_id).await;
    let paths = announced[0].changed_fields.clone().unwrap().paths;
    assert_eq!(paths, ["identifiers", "display_name", "region_code"]);
    // The phone number is free again, the e-mail address leads here.
    let find = |kind: &str, value: &str| LookupCustomerRequest {
        kind: kind.to_owned(),
        value: value.to_owned(),
    };
    let by_email = find("email", "ada@example.com");
    let found = profile
        .customers()
        .lookup_customer(by_email)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.customer_id, created.customer_id);
    let by_phone = find("phone", "+44 20 7946 0001");
    let gone = profile
        .customers()
        .lookup_customer(by_phone)
        .await
        .unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[tokio::test]
async fn an_update_that_changes_nothing_leaves_the_version_and_announces_nothing() {
    let profile = Profile::start().await;
    let created = profile
        .customers()
        .create_customer(create(ada()))
        .await
        .unwrap()
        .into_inner();
    let request = update(created.clone(), &["display_name", "time_zone"]);
    let updated = profile
        .customers()
        .update_customer(request)
        .await
        .unwrap()
        .into_inner();
    // Only that it was said again is new.
    let said_again = updated.origins.iter().zip(&created.origins);
    let said_again = said_again.filter(|(now, then)| now.observe_time != then.observe_time);
    assert_eq!(said_again.count(), 2);
    let origins = created.origins.clone();
    assert_eq!(Customer { origins, ..updated }, created);
    assert_eq!(
        profile.event_types(&created.customer_id).await,
        ["CustomerCreated"]
    );
}

#[tokio::test]
async fn an_update_of_an_old_version_is_refused_and_may_be_sent_again_with_the_new_one() {
    let profile = Profile::start().await;
    let created = profile
        .customers()
        .create_customer(create(ada()))
        .await
        .unwrap()
        .into_inner();
    let renamed = |name: &str, etag: &str| Customer {
        display_name: name.to_owned(),
        etag: etag.to_owned(),
        ..created.clone()
    };
    profile
        .customers()
        .update_customer(update(renamed("B", "1"), &["display_name"]))
        .await
        .unwrap();
    let stale = update(renamed("C", "1"), &["display_name"]);
    let refused = profile
        .customers()
        .update_customer(stale)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Aborted, "ETAG_MISMATCH")
    );
    let fresh = update(renamed("C", "2"), &["display_name"]);
    assert_eq!(
        profile
            .customers()
            .update_customer(fresh)
            .await
            .unwrap()
            .into_inner()
            .etag,
        "3"
    );
}

#[tokio::test]
async fn a_mask_that_names_what_can_not_be_changed_is_refused_naming_it() {
    let profile = Profile::start().await;
    let created = profile
        .customers()
        .create_customer(create(ada()))
        .await
        .unwrap()
        .into_inner();
    for path in ["etag", "create_time", "nonsense", "birth_date.year", "*"] {
        let request = update(created.clone(), &["brand", path]);
        let refused = profile
            .customers()
            .update_customer(request)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(fields(&refused), [format!("update_mask.{path}")]);
    }
    let nothing = profile
        .customers()
        .update_customer(update(created, &[]))
        .await
        .unwrap_err();
    assert_eq!(fields(&nothing), ["update_mask"]);
}

#[tokio::test]
async fn looking_for_what_can_not_be_stored_is_invalid() {
    let profile = Profile::start().await;
    let lookup = LookupCustomerRequest {
        kind: "app".to_owned(),
        value: "a\0".to_owned(),
    };
    let refused = profile
        .customers()
        .lookup_customer(lookup)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), fields(&refused)),
        (Code::InvalidArgument, vec!["value".to_owned()])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_who_read_at_once_gets_the_own_customer_by_any_id_and_identifier() {
    let profile = Profile::start().await;
    let mut people = Vec::new();
    for number in 0..12 {
        let customer = Customer {
            identifiers: vec![identifier("app", &format!("app-{number}"))],
            ..Customer::default()
        };
        people.push(make(&profile, customer).await);
    }
    // The second half leads to the first.
    for number in 0..6 {
        let (one, other) = (&people[number], &people[number + 6]);
        link(&profile, &one.customer_id, &other.customer_id).await;
    }
    let reads = (0..240).map(|turn: usize| {
        let place = turn % 12;
        let (mut client, own) = (profile.customers(), people[place].clone());
        let expected = people[place % 6].customer_id.clone();
        async move {
            let found = if turn.is_multiple_of(2) {
                let customer_id = own.customer_id;
                client
                    .get_customer(GetCustomerRequest { customer_id })
                    .await
            } else {
                let (kind, value) = ("app".to_owned(), own.identifiers[0].value.clone());
                let request = LookupCustomerRequest { kind, value };
                client.lookup_customer(request).await
            };
            assert_eq!(found.unwrap().into_inner().customer_id, expected);
            let unknown = GetCustomerRequest {
                customer_id: request_id(),
            };
            let unknown = client.get_customer(unknown).await.unwrap_err();
            assert_eq!(reason(&unknown), "CUSTOMER_NOT_FOUND");
        }
    });
    assert_eq!(at_once(reads).await.len(), 240);
}
