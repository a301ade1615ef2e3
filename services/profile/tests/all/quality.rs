//! One form of phone numbers and e-mail addresses, addresses in matches, data quality and the queue of those
//! whose data were confirmed too long ago.

use chassis::Clock;
use contract::patron::profile::v1::{
    ConfirmCustomerDataRequest, Customer, DataProblem, DataQuality, FindMatchesRequest,
    GetDataQualityRequest, ListStaleCustomersRequest, LookupCustomerRequest, PostalAddress,
    StaleCustomer, SummarizeDataQualityRequest, UpdateCustomerRequest, identifier::Problem,
    likeness,
};
use jiff::{SignedDuration, Timestamp};
use prost_types::FieldMask;
use tonic::Code;

use crate::harness::{Bearer, Profile, create, identifier, reason, request_id};
use crate::identities::{get, link, make, unmerge};

fn reached_by(identifiers: &[(&str, &str)]) -> Customer {
    let identifiers = identifiers.iter();
    Customer {
        identifiers: identifiers
            .map(|(kind, value)| identifier(kind, value))
            .collect(),
        ..Customer::default()
    }
}

async fn quality(profile: &Profile, customer_id: &str) -> DataQuality {
    let request = GetDataQualityRequest {
        customer_id: customer_id.to_owned(),
    };
    let quality = profile.quality().get_data_quality(request).await;
    quality.unwrap().into_inner()
}

fn found(quality: &DataQuality) -> Vec<(&str, DataProblem)> {
    let findings = quality.findings.iter();
    findings
        .filter(|it| it.problem() != DataProblem::Missing)
        .map(|it| (it.field.as_str(), it.problem()))
        .collect()
}

async fn confirm(profile: &Profile, customer_id: &str, fields: &[&str]) -> DataQuality {
    let request = ConfirmCustomerDataRequest {
        customer_id: customer_id.to_owned(),
        fields: fields.iter().map(|it| (*it).to_owned()).collect(),
        request_id: request_id(),
    };
    let confirmed = profile.quality().confirm_customer_data(request).await;
    confirmed.unwrap().into_inner()
}

async fn queue(profile: &Profile, bearer: Bearer) -> Vec<String> {
    let (mut stale, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = ListStaleCustomersRequest {
            page_size: 1,
            page_token,
        };
        let mut client = profile.quality_as(bearer.clone());
        let page = client.list_stale_customers(page).await;
        let page = page.unwrap().into_inner();
        stale.extend(
            page.customers
                .into_iter()
                .map(|it: StaleCustomer| it.customer_id),
        );
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return stale;
        }
    }
}

#[tokio::test]
async fn a_phone_number_is_one_identifier_however_it_is_written() {
    let profile = Profile::start().await;
    let anna = make(&profile, reached_by(&[("phone", "138 0013 8000")])).await;
    assert_eq!(anna.identifiers, [identifier("phone", "+8613800138000")]);
    for written in ["+86-13800138000", "0086 13800138000", "13800138000"] {
        let lookup = LookupCustomerRequest {
            kind: "phone".to_owned(),
            value: written.to_owned(),
        };
        let found = profile.customers().lookup_customer(lookup).await.unwrap();
        assert_eq!(
            found.into_inner().customer_id,
            anna.customer_id,
            "{written}"
        );
        let again = create(reached_by(&[("phone", written)]));
        let taken = profile.customers().create_customer(again).await;
        assert_eq!(reason(&taken.unwrap_err()), "IDENTIFIER_TAKEN", "{written}");
    }
    // A national number is of the customer's own region.
    let boris = Customer {
        region_code: "GB".to_owned(),
        ..reached_by(&[("phone", "020 7946 0001"), ("email", " Boris@EXAMPLE.com")])
    };
    let boris = make(&profile, boris).await;
    let read = [
        identifier("phone", "+442079460001"),
        identifier("email", "Boris@example.com"),
    ];
    assert_eq!(boris.identifiers, read);
    // Also where only the identifiers are sent.
    let update = UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: boris.customer_id.clone(),
            ..reached_by(&[("phone", "07911 123456")])
        }),
        update_mask: Some(FieldMask {
            paths: vec!["identifiers".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let updated = profile.customers().update_customer(update).await.unwrap();
    let updated = updated.into_inner().identifiers;
    assert_eq!(updated, [identifier("phone", "+447911123456")]);
}

#[tokio::test]
async fn what_reaches_nobody_is_kept_with_its_reason_and_joins_nobody() {
    let profile = Profile::start().await;
    for _ in 0..2 {
        let made = make(
            &profile,
            reached_by(&[("phone", "12000138000"), ("email", "ada at home")]),
        )
        .await;
        let kept: Vec<_> = made
            .identifiers
            .iter()
            .map(|it| (it.value.as_str(), it.problem()))
            .collect();
        let expected = [
            ("12000138000", Problem::NoCountry),
            ("ada at home", Problem::NotAnAddress),
        ];
        assert_eq!(kept, expected);
    }
}

#[tokio::test]
async fn an_address_speaks_for_a_match_that_something_else_finds() {
    let profile = Profile::start().await;
    let at = |line: &str, phone: &str, name: &str| Customer {
        display_name: name.to_owned(),
        postal_address: Some(PostalAddress {
            region_code: "CN".to_owned(),
            locality: "上海市".to_owned(),
            address_lines: vec![line.to_owned()],
            ..PostalAddress::default()
        }),
        birth_date: Some(contract::google::r#type::Date {
            year: 1990,
            month: 5,
            day: 17,
        }),
        ..reached_by(&[("phone", phone)])
    };
    let one = at("浦东新区世纪大道100号501室", "13800138001", "王小明");
    let one = make(&profile, one).await;
    assert_eq!(one.origins.last().unwrap().field, "postal_address");
    let other = at("浦东世纪大道１００-501", "13800138002", "Wang Xiaoming");
    let other = make(&profile, other).await;
    make(&profile, at("浦东世纪大道100-501", "13800138003", "李雷")).await;
    let request = FindMatchesRequest {
        customer_id: one.customer_id.clone(),
        min_score_permille: 0,
    };
    let found = profile.identities().find_matches(request).await.unwrap();
    let found = found.into_inner().matches;
    // Who has nothing but the address in common is not found.
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].customer_id, other.customer_id);
    let kinds: Vec<_> = found[0]
        .evidence
        .iter()
        .map(likeness::Evidence::kind)
        .collect();
    assert!(kinds.contains(&likeness::Kind::SameAddress), "{kinds:?}");
}

#[tokio::test]
async fn records_are_scored_with_each_reason() {
    let profile = Profile::start().await;
    let made = make(&profile, reached_by(&[("phone", "11111111111")])).await;
    let scored = quality(&profile, &made.customer_id).await;
    assert_eq!((scored.completeness, scored.validity), (25, 0));
    assert_eq!(
        found(&scored),
        [("identifiers[0]", DataProblem::Placeholder)]
    );
    let missing = scored.findings.iter().map(|it| it.field.as_str());
    let missing: Vec<_> = missing.filter(|it| !it.contains('[')).collect();
    let expected = [
        "identifiers.email",
        "display_name",
        "birth_date",
        "gender",
        "postal_address",
        "language_code",
        "region_code",
    ];
    assert_eq!(missing, expected);

    make(&profile, reached_by(&[("email", "ada@example.com")])).await;
    let request = SummarizeDataQualityRequest {};
    let summary = profile.quality().summarize_data_quality(request).await;
    let summary = summary.unwrap().into_inner();
    assert_eq!((summary.sample_size, summary.margin_permille), (2, 0));
    assert_eq!((summary.completeness, summary.validity), (22, 50));
    let of_phones = summary
        .shares
        .iter()
        .filter(|it| it.field == "identifiers.phone");
    let of_phones: Vec<_> = of_phones.map(|it| (it.problem(), it.permille)).collect();
    let expected = [(DataProblem::Missing, 500), (DataProblem::Placeholder, 500)];
    assert_eq!(of_phones, expected);
}

#[tokio::test]
async fn what_was_confirmed_too_long_ago_waits_in_a_queue_until_somebody_confirms_it() {
    let start: Timestamp = "2025-03-09T10:00:00Z".parse().unwrap();
    let clock = Clock::manual(start);
    let profile = Profile::start_with(clock.clone()).await;
    let of_region = |region: &str, phone: &str| Customer {
        region_code: region.to_owned(),
        ..reached_by(&[("phone", phone)])
    };
    let anna = make(&profile, of_region("GB", "+447911123456"))
        .await
        .customer_id;
    // Nobody asks somebody who can't be reached.
    make(&profile, Customer::default()).await;
    clock.advance(SignedDuration::from_hours(24 * 30));
    let boris = make(&profile, of_region("DE", "+491712345678"))
        .await
        .customer_id;
    let everybody = || profile.operator();
    assert_eq!(queue(&profile, everybody()).await, [""; 0]);

    clock.advance(SignedDuration::from_hours(24 * 61));
    assert_eq!(queue(&profile, everybody()).await, [anna.as_str()]);
    let stale = quality(&profile, &anna).await;
    assert_eq!(found(&stale), [("identifiers[0]", DataProblem::Stale)]);
    assert_eq!(stale.confirm_time.unwrap().seconds, start.as_second());
    clock.advance(SignedDuration::from_hours(24 * 30));
    let both = [anna.clone(), boris.clone()];
    assert_eq!(queue(&profile, everybody()).await, both);
    let in_germany = Bearer::within_at(clock.now(), "agent", &["DE"]);
    assert_eq!(queue(&profile, in_germany).await, [boris.as_str()]);

    // The address alone is not the phone number.
    let before = get(&profile, &anna).await;
    assert!(!found(&confirm(&profile, &anna, &["postal_address"]).await).is_empty());
    let confirmed = confirm(&profile, &anna, &[]).await;
    assert!(found(&confirmed).is_empty());
    assert_eq!(
        confirmed.confirm_time.unwrap().seconds,
        clock.now().as_second()
    );
    assert_eq!(queue(&profile, everybody()).await, [boris.as_str()]);
    let after = get(&profile, &anna).await;
    assert_eq!(
        (&before.etag, &before.identifiers),
        (&after.etag, &after.identifiers)
    );
    assert!(after.origins.iter().any(|it| it.confirm_time.is_some()));

    // A person is as stale as the stalest value; parted, each is as before.
    let link = link(&profile, &anna, &boris).await;
    assert_eq!(queue(&profile, everybody()).await, [anna.as_str()]);
    unmerge(&profile, &anna, &link).await.unwrap();
    assert_eq!(queue(&profile, everybody()).await, [boris]);
}

#[tokio::test]
async fn only_what_reaches_somebody_is_confirmed() {
    let profile = Profile::start().await;
    let made = make(&profile, reached_by(&[("phone", "13800138000")])).await;
    let request = ConfirmCustomerDataRequest {
        customer_id: made.customer_id,
        fields: vec!["display_name".to_owned()],
        request_id: request_id(),
    };
    let refused = profile.quality().confirm_customer_data(request).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}
