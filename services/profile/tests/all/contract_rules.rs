//! What the contract promises for every RPC: a token, a permission, a request that keeps the rules,
//! and NOT_FOUND for what is not there.

#[path = "contract_rules/facts.rs"]
mod facts;
#[path = "contract_rules/people.rs"]
mod people;
#[path = "contract_rules/raw.rs"]
mod raw;
#[path = "contract_rules/rights.rs"]
mod rights;

use std::collections::BTreeSet;

use contract::patron::profile::v1 as proto;
use prost::Message;
use tonic::Code;

use raw::call;

use crate::harness::{Bearer, Profile, reason};

const NOBODY: &str = "0190a000-0000-7000-8000-000000000000";

/// An RPC with a request for a customer who does not exist.
#[derive(Clone)]
struct Rpc {
    path: &'static str,
    request: Vec<u8>,
    /// What it answers then.
    about_nobody: &'static str,
}

fn rpc(path: &'static str, request: &impl Message, about_nobody: &'static str) -> Rpc {
    Rpc {
        path,
        request: request.encode_to_vec(),
        about_nobody,
    }
}

fn rpcs() -> Vec<Rpc> {
    let mut all = [people::rpcs(), facts::rpcs(), rights::rpcs()].concat();
    let export = proto::ExportCustomersRequest::default();
    all.push(rpc("ExportService/ExportCustomers", &export, ""));
    let overview = proto::GetCustomerOverviewRequest {
        customer_id: NOBODY.to_owned(),
        timeline_size: 0,
    };
    let path = "OverviewService/GetCustomerOverview";
    all.push(rpc(path, &overview, "CUSTOMER_NOT_FOUND"));
    let record = proto::RecordInteractionsRequest::default();
    all.push(rpc("InteractionService/RecordInteractions", &record, ""));
    all
}

#[test]
fn every_rpc_of_the_contract_is_looked_at_here() {
    let here: BTreeSet<String> = rpcs().iter().map(|rpc| rpc.path.to_owned()).collect();
    let package = contract::pool()
        .services()
        .filter(|it| it.package_name() == "patron.profile.v1");
    let declared: BTreeSet<String> = package
        .flat_map(|service| {
            let name = service.name().to_owned();
            let path = move |method: &str| format!("{name}/{method}");
            service
                .methods()
                .map(|method| path(method.name()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(here, declared);
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_or_without_the_permission() {
    let profile = Profile::start().await;
    for rpc in rpcs() {
        let refused = call(&profile, rpc.path, &rpc.request, Bearer::none())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{}", rpc.path);
        let visitor = Bearer::of(&["visitor"]);
        let refused = call(&profile, rpc.path, &rpc.request, visitor)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{}", rpc.path);
        assert_eq!(reason(&refused), "PERMISSION_DENIED", "{}", rpc.path);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_with_its_reason() {
    let profile = Profile::start().await;
    for rpc in rpcs() {
        let answer = call(&profile, rpc.path, &rpc.request, Bearer::of(&["operator"])).await;
        if rpc.about_nobody.is_empty() {
            assert!(answer.is_ok(), "{}: {answer:?}", rpc.path);
        } else {
            let refused = answer.unwrap_err();
            assert_eq!(refused.code(), Code::NotFound, "{}", rpc.path);
            assert_eq!(reason(&refused), rpc.about_nobody, "{}", rpc.path);
        }
    }
}

#[tokio::test]
async fn requests_that_break_the_contract_are_invalid() {
    let profile = Profile::start().await;
    // A stream of nothing would be no answer to a unary call.
    profile.customer().await;
    for rpc in rpcs() {
        for broken in [b"\xff".as_slice(), b""] {
            let answer = call(&profile, rpc.path, broken, Bearer::of(&["operator"])).await;
            let may_be_empty = [
                "ListCustomers",
                "GetContactPolicy",
                "ListAttributes",
                "ListTagRules",
                "ListSegments",
                "ListImports",
                "ListErasures",
                "ExportCustomers",
                "RecordInteractions",
                "GetRatingPolicy",
                "GetHealthPolicy",
                "GetMatchPolicy",
                "ListMatchReviews",
                "ListAccountManagers",
                "ListStaleCustomers",
                "SummarizeDataQuality",
                "ListRetentionRules",
                "ListRetentionRuns",
            ];
            if broken.is_empty() && may_be_empty.iter().any(|name| rpc.path.ends_with(name)) {
                assert!(answer.is_ok(), "everything of it may be left out");
            } else {
                let refused = answer.unwrap_err();
                assert_eq!(refused.code(), Code::InvalidArgument, "{}", rpc.path);
                assert_eq!(reason(&refused), "INVALID_ARGUMENT", "{}", rpc.path);
            }
        }
    }
}
