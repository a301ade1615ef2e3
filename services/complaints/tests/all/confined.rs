//! Whoever is confined to a region knows no case of a customer elsewhere.

use contract::patron::complaints::v1 as api;
use testkit::reason;
use tonic::{Code, Status};

use crate::all::support::Bench;

fn opening(bench: &Bench, customer_id: &str) -> api::CreateCaseRequest {
    let case = api::Case {
        customer_id: customer_id.to_owned(),
        r#type: api::case::Type::Complaint.into(),
        channel: "phone".to_owned(),
        subject: "Late".to_owned(),
        priority: api::case::Priority::High.into(),
        ..api::Case::default()
    };
    api::CreateCaseRequest {
        case: Some(case),
        request_id: bench.new_id(),
    }
}

pub(super) async fn opened(bench: &Bench, region: &str) -> api::Case {
    let customer = bench.new_id();
    bench.regions.put(&customer, region);
    let opened = bench.client().create_case(opening(bench, &customer)).await;
    opened.unwrap().into_inner()
}

fn is_same(one: &Status, other: &Status) {
    assert_eq!(one.code(), Code::NotFound);
    assert_eq!(reason(one), "CASE_NOT_FOUND");
    assert_eq!(one.message(), other.message());
    assert_eq!(one.details(), other.details());
}

#[tokio::test]
async fn a_case_of_another_region_is_not_found_as_one_that_there_is_not() {
    let bench = Bench::start().await;
    let (british, german) = (opened(&bench, "GB").await, opened(&bench, "DE").await);
    for role in ["agent", "sales", "operator", "auditor"] {
        let mut client = bench.client_within(role, "GB");
        let mut get = async |case_id: String| {
            let found = client.get_case(api::GetCaseRequest { case_id }).await;
            found.map(tonic::Response::into_inner)
        };
        assert_eq!(
            get(british.case_id.clone()).await.unwrap().case_id,
            british.case_id
        );
        let nobodys = get(bench.new_id()).await.unwrap_err();
        is_same(&get(german.case_id.clone()).await.unwrap_err(), &nobodys);
    }
    let mut client = bench.client_within("agent", "GB");
    let closing = api::CloseCaseRequest {
        case_id: german.case_id.clone(),
        request_id: bench.new_id(),
        ..api::CloseCaseRequest::default()
    };
    let refused = client.close_case(closing).await.unwrap_err();
    assert_eq!(reason(&refused), "CASE_NOT_FOUND");
    let log = api::ListCaseLogRequest {
        case_id: german.case_id,
        ..api::ListCaseLogRequest::default()
    };
    let refused = client.list_case_log(log).await.unwrap_err();
    assert_eq!(reason(&refused), "CASE_NOT_FOUND");
}

#[tokio::test]
async fn cases_are_listed_and_opened_for_the_callers_customers_alone() {
    let bench = Bench::start().await;
    let (british, german) = (opened(&bench, "GB").await, opened(&bench, "DE").await);
    let mut client = bench.client_within("agent", "GB");
    let mut list = async |customer_id: &str| {
        let listed = client.list_cases(api::ListCasesRequest {
            customer_id: customer_id.to_owned(),
            ..api::ListCasesRequest::default()
        });
        listed.await.map(|page| page.into_inner().cases.len())
    };
    assert_eq!(list(&british.customer_id).await.unwrap(), 1);
    let refused = list(&german.customer_id).await.unwrap_err();
    assert_eq!(reason(&refused), "CUSTOMER_NOT_FOUND");
    let refused = client
        .create_case(opening(&bench, &german.customer_id))
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "CUSTOMER_NOT_FOUND");
}
