//! Customers in bulk: each once, in the order of their ids, from wherever the last stream broke off.

use contract::patron::profile::v1::{Customer, ExportCustomersRequest, ExportCustomersResponse};

use contract::patron::access::v1::Sensitivity;
use contract::patron::profile::v1::{Attribute, AttributeType, AttributeValue};

use crate::attributes::{attribute, change, define, setting};
use crate::harness::{Profile, reason};
use crate::identities::{link, make};

async fn export(
    profile: &Profile,
    request: ExportCustomersRequest,
) -> Vec<ExportCustomersResponse> {
    let answer = profile.exports().export_customers(request).await.unwrap();
    let mut customers = answer.into_inner();
    let mut all = Vec::new();
    while let Some(customer) = customers.message().await.unwrap() {
        all.push(customer);
    }
    all
}

fn of_region(region_code: &str) -> ExportCustomersRequest {
    ExportCustomersRequest {
        region_code: region_code.to_owned(),
        ..ExportCustomersRequest::default()
    }
}

#[tokio::test]
async fn an_export_gives_each_customer_once_and_goes_on_by_token() {
    let profile = Profile::start().await;
    let mut made = Vec::new();
    for region in ["GB", "FR", "GB", "GB"] {
        let region_code = region.to_owned();
        let customer = Customer {
            region_code,
            ..Customer::default()
        };
        made.push(make(&profile, customer).await);
    }
    let ids = |them: &[ExportCustomersResponse]| {
        let ids = them
            .iter()
            .map(|it| it.customer.clone().unwrap().customer_id);
        ids.collect::<Vec<_>>()
    };
    let all = export(&profile, of_region("")).await;
    let expected: Vec<_> = made.iter().map(|it| it.customer_id.clone()).collect();
    assert_eq!(ids(&all), expected);
    assert_eq!(all[0].customer.as_ref(), Some(&made[0]));
    let british = export(&profile, of_region("GB")).await;
    assert_eq!(ids(&british), [&*expected[0], &*expected[2], &*expected[3]]);
    let first = ExportCustomersRequest {
        limit: 1,
        ..of_region("GB")
    };
    let first = export(&profile, first).await;
    assert_eq!(ids(&first), expected[..1]);
    let resume_token = first[0].resume_token.clone();
    let rest = ExportCustomersRequest {
        resume_token,
        ..of_region("GB")
    };
    assert_eq!(ids(&export(&profile, rest.clone()).await), expected[2..]);
    // A token belongs to its filter.
    let other = ExportCustomersRequest {
        region_code: "FR".to_owned(),
        ..rest
    };
    let refused = profile.exports().export_customers(other).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    link(&profile, &expected[0], &expected[3]).await;
    assert_eq!(
        ids(&export(&profile, of_region("")).await),
        expected[..3],
        "a person once"
    );
}

#[tokio::test]
async fn an_export_tells_attributes_of_all_ids_in_the_fields_of_their_sensitivities() {
    let profile = Profile::start().await;
    let account = Attribute {
        sensitivity: Sensitivity::Contact.into(),
        ..attribute("account", AttributeType::Text)
    };
    for defined in [account, attribute("cups", AttributeType::Integer)] {
        define(&profile, defined).await.unwrap();
    }
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    let number = AttributeValue {
        attribute_id: "account".to_owned(),
        contact_value: "13812345678".to_owned(),
        ..AttributeValue::default()
    };
    let cups = AttributeValue {
        attribute_id: "cups".to_owned(),
        value: "6".to_owned(),
        ..AttributeValue::default()
    };
    for (customer, value) in [(&anna, &number), (&ann, &cups)] {
        let set = setting(customer, vec![value.clone()]);
        change(&profile, set).await.unwrap();
    }
    let told = async || {
        let all = export(&profile, of_region("")).await.into_iter();
        let values = all.map(|it| it.attributes.into_iter().filter_map(|it| it.value));
        values.map(Iterator::collect).collect::<Vec<Vec<_>>>()
    };
    assert_eq!(told().await, [vec![number.clone()], vec![cups.clone()]]);
    link(&profile, &anna, &ann).await;
    assert_eq!(told().await, [vec![number, cups]]);
}
