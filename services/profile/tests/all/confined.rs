//! Whoever is confined to regions finds nobody beyond them, by whatever method: which there are follows from the
//! contract, so one that is added is walked to on the same day.

use std::collections::BTreeSet;

use access::{Caller, Method, MethodRules, Records, Roles};
use bytes::{Buf as _, BufMut as _, Bytes};
use contract::patron::profile::v1::identity_service_client::IdentityServiceClient;
use contract::patron::profile::v1::{
    Customer, FindMatchesRequest, ListCustomersRequest, LookupCustomerRequest,
    UpdateCustomerRequest,
};
use http::uri::PathAndQuery;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use prost_types::FieldMask;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::service::Interceptor as _;
use tonic::{Code, Request, Status};

use crate::harness::{Bearer, Profile, create, fields, identifier, reason, request_id};

/// Deeper than requests name customers.
const MAX_DEPTH: usize = 5;

async fn of_region(profile: &Profile, region: &str, phone: &str) -> String {
    let request = create(Customer {
        region_code: region.to_owned(),
        identifiers: vec![identifier("phone", phone)],
        ..Customer::default()
    });
    let created = profile.customers().create_customer(request).await.unwrap();
    created.into_inner().customer_id
}

/// A request that names the customer wherever it can name one; `None` when it can't.
pub(crate) fn naming(
    message: &MessageDescriptor,
    id: &str,
    depth: usize,
) -> Option<DynamicMessage> {
    let mut filled = DynamicMessage::new(message.clone());
    let mut names = false;
    for field in message.fields().filter(|field| !field.is_map()) {
        let value = match field.kind() {
            Kind::String if field.name().ends_with("customer_id") => Some(Value::String(id.into())),
            Kind::Message(inner) if depth < MAX_DEPTH => {
                naming(&inner, id, depth + 1).map(Value::Message)
            }
            _ => None,
        };
        if let Some(value) = value {
            names = true;
            let value = if field.is_list() {
                Value::List(vec![value])
            } else {
                value
            };
            filled.set_field(&field, value);
        }
    }
    names.then_some(filled)
}

pub(crate) fn input(method: &Method) -> MessageDescriptor {
    let service = contract::pool()
        .get_service_by_name(&method.service)
        .unwrap();
    let found = service.methods().find(|it| it.name() == method.name);
    found.unwrap().input()
}

/// Of such requests nobody knows whom they will name.
pub(crate) fn is_client_streaming(method: &Method) -> bool {
    let service = contract::pool().get_service_by_name(&method.service);
    let mut methods = service
        .iter()
        .flat_map(prost_reflect::ServiceDescriptor::methods);
    methods.any(|it| it.name() == method.name && it.is_client_streaming())
}

pub(crate) async fn call(
    profile: &Profile,
    method: &Method,
    bearer: Bearer,
    body: Vec<u8>,
) -> Status {
    let mut client = Grpc::new(profile.channel());
    client.ready().await.unwrap();
    let request = { bearer }.call(Request::new(())).unwrap();
    let request = request.map(|()| Bytes::from(body));
    let path: PathAndQuery = method.path.parse().unwrap();
    let answered = client.unary(request, path, Raw).await;
    answered.map_or_else(|status| status, |_| Status::ok(""))
}

/// Methods that name no customer, or many: whoever may see some alone is refused.
const ABOUT_NOBODY: &[&str] = &[
    "ArchiveAttribute",
    "ArchiveSegment",
    "ArchiveTagRule",
    "ConfirmOptIn",
    "CreateAttribute",
    "CreateImport",
    "CreateSegment",
    "CreateTagRule",
    "ExportCustomers",
    "GetErasure",
    "GetFunnel",
    "GetHealthPolicy",
    "GetImport",
    "GetMatchPolicy",
    "GetRatingPolicy",
    "GetSegment",
    "GetSegmentSize",
    "HandOverAccounts",
    "LiftSuppression",
    "ListErasures",
    "ListImportErrors",
    "ListImports",
    "ListMatchReviews",
    "ListSegmentMembers",
    "ListSegmentVersions",
    "ListSegments",
    "PreviewMatchPolicy",
    "PreviewSegment",
    "PutAccountManager",
    "RecordInteractions",
    "ReplayErasure",
    "SummarizeDataQuality",
    "UndoImport",
    "UpdateAttribute",
    "UpdateHealthPolicy",
    "UpdateMatchPolicy",
    "UpdateRatingPolicy",
    "UpdateSegment",
    "UpdateTagRule",
    "UploadImport",
];

#[tokio::test]
async fn another_regions_customer_is_not_found_by_any_method_in_any_role() {
    let profile = Profile::start().await;
    let german = of_region(&profile, "DE", "+4915112345678").await;
    let regionless = of_region(&profile, "", "+4915112345679").await;
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let roles = Roles::default();
    let (mut walked, mut unnamed) = (0, BTreeSet::new());
    for method in rules.methods() {
        let is_ours = method.service.starts_with("patron.profile.");
        if !is_ours || method.anonymous || method.records != Records::Named {
            continue;
        }
        for role in roles.names().filter(|role| *role != "service") {
            let caller = Caller {
                subject: "user:mallory".to_owned(),
                roles: vec![role.to_owned()],
                regions: vec!["GB".to_owned()],
                ..Caller::service("any")
            };
            if !roles.allows(&caller, &method.permission) {
                continue;
            }
            for id in [&german, &regionless] {
                let bearer = Bearer::within(role, &["GB"]);
                let request = naming(&input(method), id, 0);
                let expected = if request.is_some() && !is_client_streaming(method) {
                    Code::NotFound
                } else {
                    unnamed.insert(method.name.clone());
                    Code::PermissionDenied
                };
                let body = request.map(|it| it.encode_to_vec()).unwrap_or_default();
                let status = call(&profile, method, bearer, body).await;
                assert_eq!(status.code(), expected, "{} {role}: {status}", method.path);
                walked += 1;
            }
        }
    }
    assert!(walked > 100, "{walked}");
    assert_eq!(unnamed.into_iter().collect::<Vec<_>>(), ABOUT_NOBODY);
}

#[tokio::test]
async fn lists_and_lookups_know_the_callers_regions_alone() {
    let profile = Profile::start().await;
    let british = of_region(&profile, "GB", "+447911123456").await;
    of_region(&profile, "DE", "+4915112345678").await;
    let irish = of_region(&profile, "IE", "+353851234567").await;
    let mut customers = profile.customers_as(Bearer::within("sales", &["GB", "IE"]));
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = customers.list_customers(ListCustomersRequest {
            page_size: 1,
            page_token,
            ..ListCustomersRequest::default()
        });
        let page = page.await.unwrap().into_inner();
        seen.extend(page.customers.into_iter().map(|it| it.customer_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [irish.clone(), british]);

    for (region, expected) in [("IE", vec![irish]), ("DE", Vec::new())] {
        let page = customers.list_customers(ListCustomersRequest {
            region_code: region.to_owned(),
            ..ListCustomersRequest::default()
        });
        let page = page.await.unwrap().into_inner().customers;
        let ids: Vec<_> = page.into_iter().map(|it| it.customer_id).collect();
        assert_eq!(ids, expected, "{region}");
    }

    let mut lookup = async |phone: &str| {
        let found = customers.lookup_customer(LookupCustomerRequest {
            kind: "phone".to_owned(),
            value: phone.to_owned(),
        });
        found.await.map(|it| it.into_inner().region_code)
    };
    assert_eq!(lookup("+353851234567").await.unwrap(), "IE");
    let nobody = lookup("4915100000000").await.unwrap_err();
    let others = lookup("+4915112345678").await.unwrap_err();
    assert_eq!(others.code(), Code::NotFound);
    assert_eq!(others.message(), nobody.message());
    assert_eq!(others.details(), nobody.details());
}

#[tokio::test]
async fn nobody_is_put_beyond_the_callers_own_reach() {
    let profile = Profile::start().await;
    let mut customers = profile.customers_as(Bearer::within("agent", &["GB"]));
    let german = Customer {
        region_code: "DE".to_owned(),
        ..Customer::default()
    };
    let refused = customers.create_customer(create(german.clone())).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(fields(&refused), ["customer.region_code"]);

    let british = of_region(&profile, "GB", "+447911123456").await;
    let moved = customers.update_customer(UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: british,
            ..german
        }),
        update_mask: Some(FieldMask {
            paths: vec!["region_code".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    });
    let refused = moved.await.unwrap_err();
    assert_eq!(reason(&refused), "PERMISSION_DENIED");
    assert_eq!(fields(&refused), ["customer.region_code"]);
}

#[tokio::test]
async fn who_may_be_the_same_person_is_told_of_the_callers_regions_alone() {
    let profile = Profile::start().await;
    let british = of_region(&profile, "GB", "+447911123456").await;
    let also = create(Customer {
        region_code: "north".to_owned(),
        identifiers: vec![identifier("phone", "07911 123456")],
        display_name: "Lucy".to_owned(),
        ..Customer::default()
    });
    profile.customers().create_customer(also).await.unwrap();
    let found = async |bearer: Bearer| {
        let mut identities = IdentityServiceClient::with_interceptor(profile.channel(), bearer);
        let found = identities.find_matches(FindMatchesRequest {
            customer_id: british.clone(),
            ..FindMatchesRequest::default()
        });
        found.await.unwrap().into_inner().matches.len()
    };
    assert_eq!(found(Bearer::of(&["agent"])).await, 1);
    assert_eq!(found(Bearer::within("agent", &["GB"])).await, 0);
}

/// Sends and takes messages as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let bytes = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(bytes)))
    }
}
